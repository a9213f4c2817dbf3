"""Laravel's three tables as statements name them, and what statements ask of the texts in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ColumnElement, LargeBinary, Table, Text, case, cast, func, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from queuetui.backends.foreign.laravel.table_sets import TableSet
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.stored_columns import Holds, as_table, holds, plain_codec
from queuetui.model.text import sanitize

# What keeps a payload as a document, and not as its text.
_DOCUMENTS: dict[str, TypeEngine[Any]] = {"postgresql": postgresql.JSON(), "mysql": JSON()}
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
    def jobs(self) -> Table | None:
        """What waits or runs."""
        return self._name(self.found.jobs)

    @cached_property
    def failed(self) -> Table | None:
        """What was given up; tables of Laravel 7 and older have no uuid."""
        return self._name(self.found.failed)

    @cached_property
    def batches(self) -> Table | None:
        """The batches."""
        return self._name(self.found.batches)

    def codec(self, at: Column[Any]) -> Codec:
        """Return how a name or a number stands in a column of one of them."""
        stored = next(one for one in self.found.parts if (one.schema, one.name) == (at.table.schema, at.table.name))
        return plain_codec(stored.columns[at.name])

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

    def _name(self, one: StoredTable | None) -> Table | None:
        if one is None or not one.is_readable:
            return None
        named, payload = as_table(one, self.dialect), one.columns.get("payload")
        if payload is not None and holds(payload) is Holds.JSON and not isinstance(named.c.payload.type, JSON):
            named.append_column(Column("payload", _DOCUMENTS.get(self.dialect, Text())), replace_existing=True)
        return named

    def _why_absent(self, usual: str, one: StoredTable | None) -> str:
        if one is None:
            hidden = ", or this user may not read it; grant SELECT on it if it is there"
            return f"no {usual} table was found in this database" + (hidden if self.dialect == "mysql" else "")
        name = sanitize(one.name, 80)
        return "" if one.is_readable else f"this user may not read {name!r}; grant it SELECT on that table"


def is_numbered(rows: Table) -> bool:
    """Tell whether the ids of rows are numbers, which grow with time."""
    return isinstance(rows.c.id.type, BigInteger)


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
