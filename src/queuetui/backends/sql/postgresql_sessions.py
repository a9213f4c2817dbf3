"""Makes every connection to PostgreSQL, and sets in its session all that the code relies on.

A server, a database and a role have defaults of their own, set by somebody else. They are set after connecting, not in the
startup packet, which poolers refuse. Behind a pooler that hands its sessions from one transaction to the next nothing outlives a
transaction, so that each begins with its settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg.adapt import Buffer, Dumper, Loader

from queuetui.backends import forks
from queuetui.backends.address_options import refuse
from queuetui.backends.sql.postgresql_address import RELIED_ON
from queuetui.backends.sql.postgresql_json import register_json
from queuetui.backends.sql.postgresql_times import register_times

if TYPE_CHECKING:
    from queuetui.backends.sql.postgresql_address import PostgresqlAddress

APPLICATION_NAME = "queuetui"
_REFUSED = "has a port, or an option behind its ?, whose value the driver refuses; check them"
# What libpq says before it looks for a server.
_BAD_OPTION = re.compile(
    r"connection option|invalid (?:\w+ value|port number)|definition of service|service file|network address"
)
# Since this version a session that rests may be ended by the server, which would fail the next statement of a kept connection.
_IDLE_SESSIONS_END = 140000
# Since this version a transaction that takes long may be ended too.
_TRANSACTIONS_END = 170000
# What a stranger's default would end amid its work; a URL may say otherwise.
PATIENT = {"lock_timeout": "0", "idle_in_transaction_session_timeout": "60s"}
_ANY_BYTES = "SQL_ASCII"
# Behind a pooler they end with this statement; its own process id is not the one that the driver was told.
_SET = """
select pg_backend_pid() <> %(known)s, count(set_config(name, value, %(local)s or (%(find)s and pg_backend_pid() <> %(known)s)))
from json_each_text(%(settings)s::json) as setting (name, value)
"""

C = TypeVar("C", bound=psycopg.Connection[Any])


class PostgresqlSessions:
    """Opens the sessions of one address, all with the same settings.

    `pooled` is None until a first connection told.
    """

    def __init__(self, address: PostgresqlAddress, settings: Mapping[str, str], connect_timeout_s: float) -> None:
        self._address = address
        self._settings = {**RELIED_ON, **PATIENT, **settings, **address.settings}
        self._connect_timeout_s = connect_timeout_s
        self.pooled = address.pooled

    def connect(self, kind: type[C], **arguments: object) -> C:
        """Return a new connection that commits each statement.

        Raises the driver's errors, and BadConfig for a URL that it refuses.
        """
        given = {
            "application_name": APPLICATION_NAME,
            "connect_timeout": max(1, round(self._connect_timeout_s)),
            **arguments,
        }
        try:
            written = psycopg.conninfo.conninfo_to_dict(self._address.conninfo)
        except psycopg.ProgrammingError:
            # Its message quotes a piece of the URL, which may be a piece of the password.
            raise refuse("cannot be read; check its port and how its parts are encoded") from None
        unwritten: dict[str, Any] = {name: value for name, value in given.items() if name not in written}
        try:
            connection = kind.connect(self._address.conninfo, autocommit=True, client_encoding="UTF8", **unwritten)
        except psycopg.ProgrammingError:
            raise refuse(_REFUSED) from None
        except psycopg.OperationalError as error:
            if _BAD_OPTION.search(str(error)):
                raise refuse(_REFUSED) from None
            raise
        forks.track(connection, _discard)
        register_times(connection)
        register_json(connection)
        try:
            self._prepare(connection)
        except psycopg.Error:
            connection.close()
            raise
        return connection

    def begin(self, connection: psycopg.Connection[Any]) -> None:
        """Set up a transaction that has just begun, where the session is not ours to keep."""
        if self.pooled:
            self._set(connection, local=True)

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        if _holds_any_bytes(connection):
            for name in ("text", "varchar", "bpchar", "name"):
                connection.adapters.register_loader(name, _LenientText)
        if self.pooled:
            return
        found = self._set(connection, local=False)
        self.pooled = found if self.pooled is None else self.pooled

    def _set(self, connection: psycopg.Connection[Any], *, local: bool) -> bool:
        settings = dict(self._settings)
        if connection.info.server_version >= _IDLE_SESSIONS_END:
            settings["idle_session_timeout"] = "0"
        if connection.info.server_version >= _TRANSACTIONS_END:
            settings.setdefault("transaction_timeout", "0")
        if _holds_any_bytes(connection):
            settings["client_encoding"] = _ANY_BYTES
        values = {
            "known": connection.info.backend_pid,
            "local": local,
            "find": self.pooled is None,
            "settings": json.dumps(settings),
        }
        row = connection.execute(_SET, values).fetchone()
        return bool(row and row[0])


def _discard(connection: psycopg.Connection[Any]) -> None:
    """Close a connection that leads nowhere any more, for the driver complains of open ones.

    One amid a statement is left alone.
    """
    if connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE:
        connection.close()


def _holds_any_bytes(connection: psycopg.Connection[Any]) -> bool:
    """Tell a database that promises nothing of its texts.

    One that is no UTF-8 must not fail the rows around it.
    """
    return connection.info.parameter_status("server_encoding") == _ANY_BYTES


class _LenientText(Loader):
    """Reads a text of any bytes."""

    def load(self, data: Buffer) -> str:
        """Return the text, with a mark for what is no UTF-8."""
        return bytes(data).decode("utf-8", "replace")


class PlainText(Dumper):
    """Writes a text in ASCII, with all else made visible."""

    def dump(self, obj: str) -> bytes:
        """Return the text."""
        return obj.encode("ascii", "backslashreplace")
