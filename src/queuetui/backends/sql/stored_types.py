"""What kind of values a stored column holds, and which type statements give it."""

from __future__ import annotations

import re
from dataclasses import replace
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnClause,
    ColumnElement,
    DateTime,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    cast,
    column,
    literal,
)
from sqlalchemy import Column as TableColumn
from sqlalchemy.dialects.postgresql import ARRAY, INTERVAL, JSONB
from sqlalchemy.types import NullType, TypeEngine, UserDefinedType

from queuetui.backends.sql.catalog import StoredColumn, StoredTable


class Holds(StrEnum):
    """What a column holds, in the words of a refusal."""

    WHOLE = "whole numbers"
    NUMBER = "numbers"
    TEXT = "texts"
    ENUM = "labels of an enum"
    UUID = "uuids"
    JSON = "JSON"
    BYTES = "bytes"
    TRUTH = "truth values"
    ZONED = "times with a zone"
    NAIVE = "times without a zone"
    OTHER = "values of another type"


_KINDS: tuple[tuple[str, Holds], ...] = (
    (r"timestamp.* with time zone|timestamptz", Holds.ZONED),
    (r"timestamp|datetime", Holds.NAIVE),
    (r"bool", Holds.TRUTH),
    (r"(big|small|medium|tiny)?int(eger)?\b|int[248]\b|(big|small)?serial", Holds.WHOLE),
    (r"numeric|decimal|real|double|float", Holds.NUMBER),
    (r"uuid", Holds.UUID),
    (r"json", Holds.JSON),
    (r"bytea|(var)?binary|(tiny|medium|long)?blob", Holds.BYTES),
    (r".*(char|text|clob)", Holds.TEXT),
)
_TYPES: dict[Holds, TypeEngine[Any]] = {
    Holds.WHOLE: BigInteger(),
    Holds.NUMBER: Numeric(asdecimal=False),
    Holds.TRUTH: Boolean(),
    Holds.ZONED: DateTime(timezone=True),
    Holds.NAIVE: DateTime(),
    Holds.UUID: Uuid(),
    Holds.BYTES: LargeBinary(),
}


# In SQLite a declared type says nothing of the values, so none of these may be converted.
_UNCONVERTED: dict[Holds, TypeEngine[Any]] = {
    Holds.ZONED: Text(),
    Holds.NAIVE: Text(),
    Holds.UUID: Text(),
    Holds.BYTES: NullType(),
}
_POSTGRESQL: dict[str, TypeEngine[Any]] = {"jsonb": JSONB(), "interval": INTERVAL()}


class _Named(UserDefinedType[str]):
    """A type of the database's own by its catalog's name; what is compared with it is cast to it."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: object) -> str:
        return self.name


def holds(stored: StoredColumn) -> Holds:
    """Return what a column holds."""
    if stored.labels is not None:
        return Holds.ENUM
    words = stored.stored.lower()
    if words.endswith("[]"):
        return Holds.OTHER
    return next((kind for pattern, kind in _KINDS if re.match(pattern, words)), Holds.OTHER)


def typed(stored: StoredColumn, dialect: str) -> ColumnClause[Any]:
    """Return a column as it is compared in its own type."""
    if dialect == "sqlite" and holds(stored) in _UNCONVERTED:
        return column(stored.name, _UNCONVERTED[holds(stored)])
    return column(stored.name, _TYPES.get(holds(stored), Text()))


def as_text(stored: StoredColumn, at: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return a column as text: what is no text to the database is made one."""
    return at if holds(stored) is Holds.TEXT else cast(at, Text())


def label(stored: StoredColumn, value: str, dialect: str) -> Any:  # noqa: ANN401 - a number or an expression
    """Return a status as it is compared with its column; raises ValueError for what that cannot hold."""
    if holds(stored) is Holds.WHOLE:
        return int(value)
    if holds(stored) is Holds.ENUM and dialect == "postgresql":
        return cast(literal(value), _Named(stored.stored))
    return value


def as_table(stored: StoredTable, dialect: str) -> Table:
    """Return a table with all its columns in their own types, to read and to change."""
    columns = [TableColumn(one.name, _own_type(one, dialect)) for one in stored.columns.values()]
    return Table(stored.name, MetaData(schema=stored.schema), *columns)


def _own_type(stored: StoredColumn, dialect: str) -> TypeEngine[Any]:
    """Return a column's type, those included that only PostgreSQL has."""
    if dialect == "postgresql":
        if stored.labels is not None:
            return _Named(stored.stored)
        single = replace(stored, stored=stored.stored.removesuffix("[]"))
        if single.stored != stored.stored:
            return ARRAY(_own_type(single, dialect))
        if stored.stored in _POSTGRESQL:
            return _POSTGRESQL[stored.stored]
    return typed(stored, dialect).type
