"""Laravel's three tables as statements name them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    LargeBinary,
    TableClause,
    cast,
    column,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from queuetui.backends.foreign.laravel.stored_types import as_text, id_type, text_type
from queuetui.backends.foreign.laravel.table_sets import BATCHES_COLUMNS, FAILED_COLUMNS, JOBS_COLUMNS, TableSet
from queuetui.backends.sql.catalog import StoredTable
from queuetui.model.text import sanitize

_INTEGERS = {"attempts", "reserved_at", "available_at", "created_at"}
_NO_TABLE = "no {} table was found in this database"
_UNSEEN = "no {} table was found in this database, or this user may not read it; grant SELECT on it if it is there"


@dataclass(frozen=True, slots=True)
class Tables:
    """The tables found, None for one that is absent.

    `failed_has_uuid` is False for tables of Laravel 7 and older.
    `jobs_absent` and `failed_absent` say why there is none; `may_hide` that one may be there all the same, unseen by this user;
    `guess`, where it is not sure that the tables are of one application, what to name; `folds_queues` that Mail and mail are one queue;
    `may_share_uuid` that no index keeps two failed rows from having one uuid.
    """

    jobs: TableClause | None
    failed: TableClause | None
    batches: TableClause | None
    failed_has_uuid: bool = True
    jobs_absent: str = ""
    failed_absent: str = ""
    may_hide: bool = False
    guess: str = ""
    folds_queues: bool = False
    may_share_uuid: bool = False

    def describe(self) -> str:
        """Name what was found, for people."""
        named = [found.fullname for found in (self.jobs, self.failed, self.batches) if found is not None]
        return ", ".join(named)


def name_tables(found: TableSet, dialect: str) -> Tables:
    """Return the tables of a set that may be read."""
    jobs, failed, batches = map(_if_readable, (found.jobs, found.failed, found.batches))
    has_uuid = failed is not None and "uuid" in failed.columns
    # MySQL names no table without a grant on it; PostgreSQL tells, and SQLite has no grants.
    unseen = _UNSEEN if dialect in ("mysql", "mariadb") else _NO_TABLE
    folds = any(one is not None and one.columns["queue"].folds for one in (jobs, failed))
    return Tables(
        _describe(jobs, JOBS_COLUMNS, dialect),
        _describe(failed, FAILED_COLUMNS | ({"uuid"} if has_uuid else frozenset()), dialect),
        _describe(batches, BATCHES_COLUMNS, dialect),
        has_uuid,
        _why_absent(found.jobs, unseen.format("jobs")),
        _why_absent(found.failed, unseen.format("failed_jobs")),
        unseen is _UNSEEN or any(one is not None and not one.is_readable for one in (found.jobs, found.failed)),
        found.guess,
        folds,
        has_uuid and failed is not None and not failed.is_unique(frozenset({"uuid"})),
    )


def _if_readable(one: StoredTable | None) -> StoredTable | None:
    return one if one is not None and one.is_readable else None


def _why_absent(one: StoredTable | None, unseen: str) -> str:
    if one is None:
        return unseen
    return (
        "" if one.is_readable else f"this user may not read {sanitize(one.name, 80)!r}; grant it SELECT on that table"
    )


def _describe(one: StoredTable | None, columns: frozenset[str], dialect: str) -> TableClause | None:
    if one is None:
        return None
    described = (column(each, _type_of(each, one.columns[each].stored.lower(), dialect)) for each in sorted(columns))
    return table(one.name, *described, schema=one.schema)


def _type_of(name: str, stored: str, dialect: str) -> TypeEngine[Any]:
    if name == "id":
        return id_type(stored, dialect)
    if name in _INTEGERS:
        return BigInteger()
    # SQLite keeps times as text of any shape; left untyped, a broken one cannot fail the whole read.
    return NullType() if name == "failed_at" else text_type(stored, dialect)


def text_of(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a text column to be read: SQLite and MySQL hand out bytes, so that what is not valid in its encoding can be read."""
    if dialect == "postgresql":
        return as_text(text)
    return cast(as_text(text) if isinstance(text.type, JSON) else text, LargeBinary)
