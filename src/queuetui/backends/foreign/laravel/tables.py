"""Laravel's three tables as statements name them, and what statements ask of the texts in them."""

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
    Uuid,
    case,
    cast,
    column,
    func,
    literal,
    table,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import NullType, TypeEngine

from queuetui.backends.foreign.laravel.table_sets import BATCHES_COLUMNS, FAILED_COLUMNS, JOBS_COLUMNS, TableSet
from queuetui.backends.sql.catalog import Catalog, StoredColumn, StoredTable
from queuetui.backends.tables.stored_columns import Holds, holds
from queuetui.model.text import sanitize

_WHOLE = {"attempts", "reserved_at", "available_at", "created_at"}
_BYTES = ("binary", "blob", "bytea")
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
        described = (column(each, _type_of(one.columns[each], self.dialect)) for each in there)
        return table(one.name, *described, schema=one.schema)

    def _why_absent(self, usual: str, one: StoredTable | None) -> str:
        if one is None:
            hidden = ", or this user may not read it; grant SELECT on it if it is there"
            return f"no {usual} table was found in this database" + (hidden if self.dialect == "mysql" else "")
        name = sanitize(one.name, 80)
        return "" if one.is_readable else f"this user may not read {name!r}; grant it SELECT on that table"


def _type_of(stored: StoredColumn, dialect: str) -> TypeEngine[Any]:
    """Return how a column is bound and read: as its kind, a payload as a document where it is one."""
    kind, words = holds(stored), stored.stored.lower()
    if stored.name in _WHOLE or (stored.name == "id" and (not words or kind in (Holds.WHOLE, Holds.NUMBER))):
        return BigInteger()
    if stored.name == "failed_at":
        # SQLite keeps times as text of any shape; left untyped, a broken one cannot fail the whole read.
        return NullType()
    if stored.name == "id" and any(one in words for one in _BYTES):
        return LargeBinary()
    if kind is Holds.UUID and dialect == "postgresql":
        return Uuid() if stored.name == "id" else Uuid(as_uuid=False)
    if kind is Holds.JSON and dialect == "postgresql":
        return postgresql.JSONB() if words == "jsonb" else postgresql.JSON()
    return JSON() if kind is Holds.JSON and dialect == "mysql" else Text()


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


def as_text(value: ColumnElement[Any]) -> ColumnElement[str]:
    """Return a column as text; a document whose keys are sorted gets `data` last, as Laravel writes it."""
    written = cast(value, Text())
    if isinstance(value.type, postgresql.JSONB):
        others = func.left(
            cast(value.op("-", return_type=postgresql.JSONB())(literal("data", Text())), Text()), -1, type_=Text()
        )
        data = cast(value.op("->", return_type=postgresql.JSONB())(literal("data", Text())), Text())
        is_payload = value.contains(func.jsonb_build_object("job", value.op("->")(literal("job", Text()))))
    elif isinstance(value.type, JSON) and not isinstance(value.type, postgresql.JSON):
        kept = cast(func.json_remove(value, "$.data"), Text())
        others = func.left(kept, func.char_length(kept) - 1, type_=Text())
        data = cast(func.json_extract(value, "$.data"), Text())
        is_payload = func.json_contains_path(value, "all", "$.job", "$.data") == 1
    else:
        return written
    moved = func.concat(others, ', "data": ', data, "}", type_=Text())
    return case((is_payload, moved), else_=written)


def display_name(payload: ColumnElement[Any], start: int, size: int) -> ColumnElement[str]:
    """Return the name in a payload, by its key in a document, else from where Laravel writes it."""
    if isinstance(payload.type, postgresql.JSON):
        return func.coalesce(payload.op("->>", return_type=Text())(literal("displayName", Text())), "", type_=Text())
    if isinstance(payload.type, JSON):
        return func.coalesce(func.json_unquote(func.json_extract(payload, "$.displayName")), "", type_=Text())
    return func.substr(cast(payload, Text()), start, size, type_=Text())


def replaced(value: ColumnElement[Any], old: str, new: str) -> ColumnElement[Any]:
    """Return a column with a text replaced, of its own type; a text is not cast, to keep each byte."""
    written = cast(value, Text()) if isinstance(value.type, JSON) else value
    return convert(func.replace(written, old, new, type_=Text()), value)


def convert(value: ColumnElement[Any], into: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a value as another column takes it: PostgreSQL makes no document of a text by itself."""
    if type(value.type) is type(into.type):
        return value
    written = as_text(value) if isinstance(value.type, JSON) else value
    return cast(written, into.type) if isinstance(into.type, postgresql.JSON) else written
