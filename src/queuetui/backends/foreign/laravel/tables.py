"""Laravel's three tables: how they are told apart from others, under any name or prefix."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Select,
    String,
    TableClause,
    Text,
    cast,
    column,
    func,
    select,
    table,
    true,
)
from sqlalchemy.types import NullType

from queuetui.backends.foreign.laravel.settings import LaravelSettings

JOBS_COLUMNS = frozenset({"id", "queue", "payload", "attempts", "reserved_at", "available_at", "created_at"})
FAILED_COLUMNS = frozenset({"id", "connection", "queue", "payload", "exception", "failed_at"})
BATCHES_COLUMNS = frozenset({"id", "name", "total_jobs", "pending_jobs", "failed_jobs", "cancelled_at", "finished_at"})

_INTEGERS = {"id", "attempts", "reserved_at", "available_at", "created_at"}


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables found, None for one that is absent; `failed_has_uuid` is False for tables of Laravel 7 and older."""

    jobs: TableClause | None
    failed: TableClause | None
    batches: TableClause | None
    failed_has_uuid: bool = True

    def describe(self) -> str:
        """Name what was found, for people."""
        named = [found.name for found in (self.jobs, self.failed, self.batches) if found is not None]
        return ", ".join(named)


def find_tables(connection: Connection, settings: LaravelSettings) -> Tables | None:
    """Return the tables with Laravel's columns, None when there is neither a jobs nor a failed_jobs table."""
    columns = _list_columns(connection)
    jobs = _choose(columns, JOBS_COLUMNS, settings.jobs_table, "jobs")
    failed = _choose(columns, FAILED_COLUMNS, settings.failed_table, "failed_jobs")
    batches = _choose(columns, BATCHES_COLUMNS, settings.batches_table, "job_batches")
    if jobs is None and failed is None:
        return None
    has_uuid = failed is not None and "uuid" in columns[failed]
    return Tables(
        _describe(jobs, JOBS_COLUMNS),
        _describe(failed, FAILED_COLUMNS | ({"uuid"} if has_uuid else set())),
        _describe(batches, BATCHES_COLUMNS, texts=frozenset({"id"})),
        has_uuid,
    )


def _choose(columns: dict[str, set[str]], wanted: frozenset[str], configured: str | None, usual: str) -> str | None:
    """Pick the configured name, else the usual one, else the usual one behind a prefix, else the only one that fits."""
    fitting = sorted(
        (name for name, present in columns.items() if wanted <= present), key=lambda name: (len(name), name)
    )
    if configured is not None:
        return configured if configured in fitting else None
    named = [name for name in fitting if name == usual] or [name for name in fitting if name.endswith(usual)]
    return next(iter(named or fitting), None)


def _describe(
    name: str | None, columns: frozenset[str] | set[str], *, texts: frozenset[str] = frozenset()
) -> TableClause | None:
    if name is None:
        return None
    return table(name, *(column(each, _type_of(each, texts)) for each in sorted(columns)))


def _type_of(name: str, texts: frozenset[str]) -> BigInteger | Text | NullType:
    if name in _INTEGERS - texts:
        return BigInteger()
    # SQLite keeps times as text of any shape; left untyped, a broken one cannot fail the whole read.
    return NullType() if name == "failed_at" else Text()


def _list_columns(connection: Connection) -> dict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name, column_name in connection.execute(_columns_query(connection.dialect.name)):
        found[str(name)].add(str(column_name).lower())
    return dict(found)


def _columns_query(dialect: str) -> Select[Any]:
    if dialect == "sqlite":
        master = table("sqlite_master", column("name", String), column("type", String))
        info = func.pragma_table_info(master.c.name).table_valued(column("name", String), name="info")
        return select(master.c.name, info.c.name).select_from(master.join(info, true())).where(master.c.type == "table")
    known = table(
        "columns",
        column("table_schema", String),
        column("table_name", String),
        column("column_name", String),
        schema="information_schema",
    )
    here = func.current_schema() if dialect == "postgresql" else func.database()
    return select(known.c.table_name, known.c.column_name).where(known.c.table_schema == here)


def head_of(text: ColumnElement[str], dialect: str, size: int) -> ColumnElement[str | bytes]:
    """Return an expression for the first `size` characters (PostgreSQL) or bytes (others) of a text column.

    SQLite and MySQL hand out bytes, so that a text that is not valid in its encoding can still be read.
    """
    if dialect == "postgresql":
        return func.left(text, size, type_=Text())
    return func.substr(cast(text, LargeBinary), 1, size, type_=LargeBinary())


def size_of(text: ColumnElement[str], dialect: str) -> ColumnElement[int]:
    """Return an expression for how long a text is, in the unit of `head_of`."""
    if dialect == "postgresql":
        return func.char_length(text, type_=Integer())
    return func.length(cast(text, LargeBinary), type_=Integer())
