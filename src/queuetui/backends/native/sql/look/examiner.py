"""The condition of a database with our queue: versions, settings, held snapshots, connections, leases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from queuetui.backends.examiner import LATE_S, MOST_LATE
from queuetui.backends.native.odd_values import read_level
from queuetui.backends.native.sql.look import mysql_condition, postgresql_condition
from queuetui.backends.native.sql.look.condition_reader import ConditionReader
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.durability import read_durability
from queuetui.backends.native.sql.look.tables import lease
from queuetui.backends.native.sql.schema.upgrade import CLIENT_LEVEL, list_indexes, list_migrations
from queuetui.backends.native.sql.worker.leases import PROTOCOL
from queuetui.backends.sql.condition import examine_server
from queuetui.backends.sql.server_look import SqlServerLook
from queuetui.backends.sql.sqlite_address import read_address
from queuetui.backends.sql.table_condition import read_table_condition
from queuetui.model.examination import Check, Examination, HeldSnapshot, LateLeases, SchemaFacts, TableCondition

if TYPE_CHECKING:
    from queuetui.backends.native.sql.database import Database
    from queuetui.backends.native.sql.session import Session
    from queuetui.backends.sql.catalog import StoredTable

_OURS = "queuetui_"


class SqlExaminer:
    """The Examiner of the backend."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def examine(self, held_s: float) -> Examination:
        """Examine the database."""
        return examine(self._database, held_s)

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return the sessions that hold an old snapshot open."""
        return held_snapshots(self._database, held_s)


def examine(database: Database, held_s: float) -> Examination:
    """Examine a database with our queue."""
    reader = ConditionReader(database)
    with open_reading(database, "reading the server's version") as (connection, _):
        server = examine_server(connection)
    found = replace(
        server,
        schema=reader.ask(Check.SCHEMA, lambda session: _read_schema(database, session)),
        durability=reader.attempt(Check.DURABILITY, lambda: read_durability(database)),
        late_leases=reader.read(Check.LEASES, _count_late),
        tables=reader.read(Check.RIGHTS, lambda connection, _: _read_tables(database, connection)),
    )
    extras: dict[str, Any] = {}
    if database.dialect == "postgresql":
        extras = postgresql_condition.read_condition(reader, held_s) | {"pooled": database.is_pooled()}
    elif database.dialect == "mysql":
        extras = mysql_condition.read_condition(reader)
    return replace(found, **extras, unread=reader.unread)


def server_look(database: Database) -> SqlServerLook:
    """Return the reader of the server behind a database."""
    return SqlServerLook(database.reading, _is_ours, database.dialect)


def held_snapshots(database: Database, held_s: float) -> tuple[HeldSnapshot, ...]:
    """Return the sessions that hold an old snapshot open, on databases where that slows claims."""
    if database.dialect != "postgresql":
        return ()
    with open_reading(database, "looking for old snapshots") as (connection, _):
        return postgresql_condition.read_held(database.join(connection), held_s)


def _read_schema(database: Database, session: Session) -> SchemaFacts:
    def read(name: str) -> int | None:
        row = session.row("read_meta", name=name)
        return None if row is None else read_level(row[0], name)

    return SchemaFacts(
        version=read("schema"),
        ours=list_migrations(database.dialect)[-1].number,
        minimum_client=read("minimum_client") or 0,
        our_level=CLIENT_LEVEL,
        protocol=read("protocol") or 0,
        our_protocol=int(PROTOCOL),
    )


def _read_tables(database: Database, connection: Connection) -> TableCondition:
    file = read_address(database.url).path if database.dialect == "sqlite" else None
    return read_table_condition(connection, _is_ours, file, list_indexes(database.dialect))


def _is_ours(table: StoredTable) -> bool:
    return table.is_visible and table.name.startswith(_OURS)


def _count_late(connection: Connection, now: datetime) -> LateLeases:
    late = select(lease.c.until).where(lease.c.until < now - timedelta(seconds=LATE_S)).order_by(lease.c.until)
    ends = connection.execute(late.limit(MOST_LATE)).scalars().all()
    return LateLeases(len(ends), ends[0] if ends else None)
