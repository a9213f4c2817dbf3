"""Laravel's three tables as statements name them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    LargeBinary,
    TableClause,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    table,
)
from sqlalchemy.types import NullType, TypeEngine

from queuetui.backends.foreign.laravel.stored_types import as_text, id_type, text_type
from queuetui.backends.foreign.laravel.table_sets import BATCHES_COLUMNS, FAILED_COLUMNS, JOBS_COLUMNS, TableSet
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.model.text import sanitize

_INTEGERS = {"attempts", "reserved_at", "available_at", "created_at"}
_VALUE_CHARS = 24


@dataclass(frozen=True)
class Tables:
    """A set of tables as statements name them, None for one that cannot be read; `catalog` has all."""

    found: TableSet
    catalog: Catalog

    @property
    def dialect(self) -> str:
        """The database's language."""
        return self.catalog.dialect

    @cached_property
    def jobs(self) -> TableClause | None:
        """What waits or runs."""
        return self._name(self.found.jobs, JOBS_COLUMNS)

    @cached_property
    def failed(self) -> TableClause | None:
        """What was given up; tables of Laravel 7 and older have no uuid."""
        return self._name(self.found.failed, FAILED_COLUMNS | {"uuid"})

    @cached_property
    def batches(self) -> TableClause | None:
        """The batches."""
        return self._name(self.found.batches, BATCHES_COLUMNS)

    @property
    def jobs_absent(self) -> str:
        """Why there is no table of what waits or runs."""
        return self._why_absent("jobs", self.found.jobs)

    @property
    def failed_absent(self) -> str:
        """Why there is no table of what was given up."""
        return self._why_absent("failed_jobs", self.found.failed)

    @property
    def unseen(self) -> str:
        """Why there may be unseen jobs: MySQL alone names no table without a grant, SQLite has no grants."""
        is_closed = any(one is not None and not one.is_readable for one in (self.found.jobs, self.found.failed))
        return (self.jobs_absent or self.failed_absent) if is_closed or self.dialect == "mysql" else ""

    @property
    def folds_queues(self) -> bool:
        """Whether Mail and mail are one queue."""
        read = (one for one in (self.found.jobs, self.found.failed) if one is not None and one.is_readable)
        return any(one.columns["queue"].folds for one in read)

    @property
    def may_share_uuid(self) -> bool:
        """Whether no index keeps two failed rows from having one uuid."""
        failed = self.found.failed
        return failed is not None and "uuid" in failed.columns and not failed.is_unique(frozenset({"uuid"}))

    def _name(self, one: StoredTable | None, columns: frozenset[str]) -> TableClause | None:
        if one is None or not one.is_readable:
            return None
        there = sorted(columns & one.columns.keys())
        described = (column(each, _type_of(each, one.columns[each].stored.lower(), self.dialect)) for each in there)
        return table(one.name, *described, schema=one.schema)

    def _why_absent(self, usual: str, one: StoredTable | None) -> str:
        if one is None:
            hidden = ", or this user may not read it; grant SELECT on it if it is there"
            return f"no {usual} table was found in this database" + (hidden if self.dialect == "mysql" else "")
        name = sanitize(one.name, 80)
        return "" if one.is_readable else f"this user may not read {name!r}; grant it SELECT on that table"


def _type_of(name: str, stored: str, dialect: str) -> TypeEngine[Any]:
    if name == "id":
        return id_type(stored, dialect)
    if name in _INTEGERS:
        return BigInteger()
    # SQLite keeps times as text of any shape; left untyped, a broken one cannot fail the whole read.
    return NullType() if name == "failed_at" else text_type(stored, dialect)


def text_of(text: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a text column to be read: on SQLite and MySQL as bytes, as it may be no valid text."""
    if dialect == "postgresql":
        return as_text(text)
    return cast(as_text(text) if isinstance(text.type, JSON) else text, LargeBinary)


def is_like(text: ColumnElement[Any], pattern: ColumnElement[Any], dialect: str) -> ColumnElement[bool]:
    """Return the condition for a text of a pattern.

    MySQL takes ten times as long by the rules of a collation as by bytes.
    """
    if dialect == "mysql":
        written = cast(text, Text()) if isinstance(text.type, JSON) else text
        return written.like(cast(pattern, LargeBinary), escape="|")
    return cast(text, Text()).like(pattern, escape="|")


def has_text(text: ColumnElement[Any], part: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition for a text with a part."""
    escaped = part.replace("|", "||").replace("%", "|%").replace("_", "|_")
    return is_like(text, literal(f"%{escaped}%", Text()), dialect)


def first_value(payload: ColumnElement[Any], names: tuple[str, ...], dialect: str) -> ColumnElement[str]:
    """Return how the first value under any of these names begins.

    It is the payload's own, as Laravel writes a job's data last; nothing where there is none.
    """
    is_plain = dialect == "mysql" and not isinstance(payload.type, JSON)
    written, mark = payload if is_plain else as_text(payload), f'"{names[0]}":'
    for name in names[1:]:
        written = func.replace(written, f'"{name}":', mark)
    place = (func.strpos if dialect == "postgresql" else func.instr)(written, mark)
    return case((place > 0, func.ltrim(func.substr(written, place + len(mark), _VALUE_CHARS))), else_="")
