"""A transaction on a psycopg connection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from queuetui.backends.native.sql.session import Row, Session

if TYPE_CHECKING:
    from queuetui.backends.native.sql.postgresql.claim_start_hints import FloorBook
    from queuetui.backends.native.sql.postgresql.connection import PatientConnection, Value


class PostgresqlSession(Session):
    """Each statement reads the server's time."""

    dialect = "postgresql"

    def id_in(self, found: UUID) -> UUID:
        """Return the id itself."""
        return found

    def id_out(self, value: Any) -> str:  # noqa: ANN401 - whatever the driver returns
        """Return the canonical text."""
        return str(value)

    def moment_in(self, at: datetime) -> datetime:
        """Return the time itself."""
        return at

    def moment_out(self, value: Any) -> datetime:  # noqa: ANN401 - whatever the driver returns
        """Return the time in UTC."""
        at: datetime = value
        return at.astimezone(UTC)


class PipelinedSession(PostgresqlSession):
    """A session on a connection of ours: many sets of values go in one round trip."""

    def __init__(self, connection: PatientConnection, floors: FloorBook) -> None:
        super().__init__(connection.execute)
        self._connection = connection
        self.floors = floors

    def row_of_plain(self, block: str, values: Mapping[str, Value]) -> Sequence[Any] | None:
        """Run a block once without inspecting the types of its values; return its first row as texts."""
        if not self._connection.is_alone:
            return self.row(block, **values)
        return self._connection.run_kept(block.encode(), self.blocks[block], tuple(values), tuple(values.values()))

    def copy(self, block: str, lines: Iterable[str]) -> bool:
        """Copy lines into a table; return False, with no line copied, where one of the keys exists already."""
        from psycopg.errors import UniqueViolation

        try:
            with self._connection.transaction(), self._connection.cursor().copy(self.blocks[block]) as copy:
                for line in lines:
                    copy.write(line.encode())
        except UniqueViolation:
            return False
        return True

    def each(self, block: str, many: Sequence[Mapping[str, object]]) -> list[Row | None]:
        """Run a block once for each set of values; return the first row of each."""
        if len(many) <= 1:
            return super().each(block, many)
        with self._connection.cursor() as cursor:
            cursor.executemany(self.blocks[block], many, returning=True)
            found = [cursor.fetchone()]
            while cursor.nextset():
                found.append(cursor.fetchone())
        return found

    def change_each(self, block: str, many: Sequence[Mapping[str, object]]) -> int:
        """Run a block once for each set of values and return how many rows all of them changed."""
        if len(many) <= 1:
            return super().change_each(block, many)
        with self._connection.cursor() as cursor:
            cursor.executemany(self.blocks[block], many)
            return cursor.rowcount
