"""A transaction on a PyMySQL connection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from queuetui.backends.native.sql.session import Execute, Row, Session
from queuetui.model.clock import from_us, to_us
from queuetui.model.errors import BadPayload

if TYPE_CHECKING:
    import pymysql
    from pymysql.cursors import Cursor

STATEMENT_END = ";\n"
STATEMENTS_A_PACKET = 100
PACKET_CHARS = 1_000_000
COLLATIONS = {"MariaDB": "utf8mb4_nopad_bin", "MySQL": "utf8mb4_0900_bin"}


class MysqlSession(Session):
    """Each statement reads the server's time; a block returns the rows of its last statement."""

    dialect = "mysql"

    def __init__(self, execute: Execute) -> None:
        super().__init__(lambda sql, values: [execute(part, values) for part in sql.split(STATEMENT_END)][-1])

    def rows_together(self, asked: Sequence[tuple[str, Mapping[str, object]]]) -> list[list[Row]]:
        """Run several independent blocks; return the rows of each."""
        return [self.rows(block, **values) for block, values in asked]

    def id_in(self, found: UUID) -> bytes:
        """Return 16 bytes."""
        return found.bytes

    def id_out(self, value: Any) -> str:  # noqa: ANN401 - whatever the driver returns
        """Return the canonical text of 16 bytes."""
        return str(UUID(bytes=value))

    def moment_in(self, at: datetime) -> int:
        """Return microseconds."""
        return to_us(at)

    def moment_out(self, value: Any) -> datetime:  # noqa: ANN401 - whatever the driver returns
        """Return the time of microseconds."""
        return from_us(value)


class PackedSession(MysqlSession):
    """A session on a connection of ours: many statements go in one packet."""

    def __init__(self, connection: pymysql.Connection[Cursor], packet_bytes: int) -> None:
        # The server accepts several statements in one packet.
        Session.__init__(self, self._send_one)
        self._cursor = connection.cursor()
        self.packet_bytes = packet_bytes

    def text_of(self, block: str, values: Mapping[str, object]) -> str:
        """Return a block with its values written in."""
        text: str = self._cursor.mogrify(self.blocks[block], values)
        return text

    def send(self, statements: Sequence[str]) -> list[tuple[Sequence[Row], int]]:
        """Send whole statements together; return the rows of each and how many it changed.

        Statements after one that fails are not executed.
        """
        text = STATEMENT_END.join(statements)
        self._check_size(text)
        cursor = self._cursor
        cursor.execute(text)
        answers: list[tuple[Sequence[Row], int]] = [(cursor.fetchall(), cursor.rowcount)]
        while cursor.nextset():
            answers.append((cursor.fetchall(), cursor.rowcount))
        return answers

    def rows_together(self, asked: Sequence[tuple[str, Mapping[str, object]]]) -> list[list[Row]]:
        """Run several blocks of one statement each in one packet; return the rows of each."""
        return [list(rows) for rows, _ in self.send([self.text_of(block, values) for block, values in asked])]

    def each(self, block: str, many: Sequence[Mapping[str, object]]) -> list[Row | None]:
        """Run a block once for each set of values; return the first row of each."""
        return [next(iter(rows), None) for rows, _ in self._repeat(block, many)]

    def change_each(self, block: str, many: Sequence[Mapping[str, object]]) -> int:
        """Run a block once for each set of values and return how many rows all of them changed."""
        return sum(count for _, count in self._repeat(block, many))

    def unite(self, block: str, many: Sequence[Mapping[str, object]]) -> Cursor:
        """Run a block that is one select once for each set of values, as one statement; return its cursor."""
        text = " union all ".join(self.text_of(block, values) for values in many)
        self._check_size(text)
        self._cursor.execute(text)
        return self._cursor

    def insert_each(self, block: str, many: Sequence[Mapping[str, object]]) -> None:
        """Insert a row for each set of values, in as few statements as their size allows."""
        if many:
            self._cursor.executemany(self.blocks[block], many)

    def _repeat(self, block: str, many: Sequence[Mapping[str, object]]) -> list[tuple[Sequence[Row], int]]:
        answers: list[tuple[Sequence[Row], int]] = []
        parts = self.blocks[block].count(STATEMENT_END) + 1
        packet: list[str] = []
        room = PACKET_CHARS
        for values in many:
            text = self.text_of(block, values)
            if packet and (len(packet) == STATEMENTS_A_PACKET or len(text) > room):
                answers += self.send(packet)
                packet, room = [], PACKET_CHARS
            packet.append(text)
            room -= len(text)
        if packet:
            answers += self.send(packet)
        return answers[parts - 1 :: parts]

    def _send_one(self, sql: str, values: Mapping[str, Any] | Row) -> Cursor:
        text = self._cursor.mogrify(sql, values)
        self._check_size(text)
        self._cursor.execute(text)
        while self._cursor.nextset():
            pass
        return self._cursor

    def _check_size(self, text: str) -> None:
        # A character is four bytes at most.
        if len(text) * 4 > self.packet_bytes and len(text.encode("utf-8", "surrogateescape")) > self.packet_bytes:
            raise BadPayload(
                f"a job of {len(text) / 1e6:.1f} MB is more than the server takes at once ({self.packet_bytes / 1e6:.1f} MB); "
                "raise its max_allowed_packet, or keep large data elsewhere and enqueue where it is"
            )


class SchemaSession(PackedSession):
    """A session that makes tables.

    MySQL and MariaDB have no common name for a collation that compares by all bytes.
    """

    def __init__(self, connection: pymysql.Connection[Cursor], packet_bytes: int, collation: str) -> None:
        super().__init__(connection, packet_bytes)
        self._collation = collation

    def _send_one(self, sql: str, values: Mapping[str, Any] | Row) -> Cursor:
        from pymysql import IntegrityError, OperationalError
        from pymysql.constants import ER

        try:
            return super()._send_one(sql.replace(COLLATIONS["MariaDB"], self._collation), values)
        except (OperationalError, IntegrityError) as error:
            # DDL commits implicitly: a migration that was interrupted may have made this already.
            if error.args[0] not in (ER.TABLE_EXISTS_ERROR, ER.DUP_FIELDNAME, ER.DUP_KEYNAME, ER.DUP_ENTRY):
                raise
            return self._cursor
