"""The driver's connection to MySQL and MariaDB, made in less time."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from pymysql import Connection
from pymysql.constants import CLIENT
from pymysql.err import InterfaceError
from pymysql.protocol import FieldDescriptorPacket, MysqlPacket

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

    # Only the stubs know of a kind of cursor.
    CursorConnection = Connection[Cursor]
else:
    CursorConnection = Connection

__all__ = ["CLIENT", "DriverConnection"]


class DriverConnection(CursorConnection):
    """A connection that loads certificates only to check them, and parses a description once."""

    def fileno(self) -> int:
        """Return the descriptor of its socket; raises the driver's error where it is closed."""
        opened: socket.socket | None = self._sock  # type: ignore[attr-defined] # the stubs leave it out
        if opened is None:
            raise InterfaceError(0, "closed")
        return opened.fileno()

    def _read_packet(self, packet_type: Any = MysqlPacket) -> Any:  # noqa: ANN401 - the stubs leave it out
        kind = _described if packet_type is FieldDescriptorPacket else packet_type
        return super()._read_packet(kind)  # type: ignore[no-untyped-call] # the stubs leave it out

    def _create_ssl_ctx(self, sslp: Mapping[str, object] | ssl.SSLContext) -> ssl.SSLContext:
        if sslp:
            made: ssl.SSLContext = super()._create_ssl_ctx(sslp)  # type: ignore[misc] # the stubs leave it out
            return made
        return _unchecked()


@lru_cache(maxsize=2048)
def _described(data: bytes, encoding: str) -> FieldDescriptorPacket:
    """Return a column's description, which each answer of a statement repeats."""
    return FieldDescriptorPacket(data, encoding)


@cache
def _unchecked() -> ssl.SSLContext:
    """Return what encrypts where the server can, as the driver does by itself."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made
