"""The tables of a mapping as statements name their columns, and how times stand in these."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import TableClause, Text, cast, table

from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.foreign.mapped.side_shapes import TimesShape
from queuetui.backends.sql.catalog import StoredColumn, StoredTable
from queuetui.backends.sql.stored_types import Holds, as_text, holds, label, typed
from queuetui.backends.tables.codecs import EPOCH_MS, EPOCH_S, Codec, IsoText, Naive, key_codec, utc_codec
from queuetui.backends.tables.source import Column, Field
from queuetui.model.query import TIME_FIELDS

_FITTING = {
    "zoned": (Holds.ZONED,),
    "naive": (Holds.NAIVE,),
    "seconds": (Holds.WHOLE, Holds.NUMBER),
    "milliseconds": (Holds.WHOLE, Holds.NUMBER),
    "iso": (Holds.TEXT,),
}
# What is written in a filter as it stands in the column.
_WRITTEN = (Holds.WHOLE, Holds.NUMBER, Holds.TEXT, Holds.UUID)


def time_codec(times: TimesShape, stored: StoredColumn, dialect: str) -> Codec:
    """Return how a time stands in a column.

    Raises ValueError, in our words, where the column cannot hold it so.
    """
    kind = holds(stored)
    allowed = _FITTING[times.kind]
    if dialect == "sqlite" and times.kind == "naive":
        allowed = (Holds.NAIVE, Holds.TEXT)
    if kind not in allowed:
        raise ValueError(f"{stored.name} holds {kind}, which are no times of kind {times.kind!r}")
    codec = _usual_codec(times, stored, dialect)
    formed = codec.like(times.form) if times.form else codec
    if formed is None:
        why = "write it like 2026-01-31 13:05:09" if isinstance(codec, IsoText) else "only texts have one"
        raise ValueError(f"{times.form!r} is no form of the times of {stored.name}: {why}")
    return formed


def _usual_codec(times: TimesShape, stored: StoredColumn, dialect: str) -> Codec:
    """Return how a time of a kind stands in a column where the mapping names no form of texts."""
    if times.kind == "zoned":
        return utc_codec(stored, dialect)
    if times.kind == "naive":
        # MySQL turns a TIMESTAMP into the session's zone, which is UTC here.
        zone = UTC if stored.stored.lower().startswith("timestamp") and dialect == "mysql" else ZoneInfo(times.zone)
        return IsoText(zone, " ", "seconds", "") if dialect == "sqlite" else Naive(zone)
    if times.kind == "iso":
        return IsoText(ZoneInfo(times.zone))
    return EPOCH_S if times.kind == "seconds" else EPOCH_MS


class NamedTable:
    """A table, each of its columns in a type that it can be compared in."""

    def __init__(self, stored: StoredTable, dialect: str) -> None:
        self.stored, self.dialect = stored, dialect
        columns = [typed(one, dialect) for one in stored.columns.values()]
        self.rows: TableClause = table(stored.name, *columns, schema=None if stored.is_visible else stored.schema)

    def at(self, name: str) -> Column:
        """Return the column of a name in its own type."""
        found: Column = self.rows.c[name]
        return found

    def text(self, name: str) -> Column:
        """Return the column of a name as text."""
        return as_text(self.stored.columns[name], self.at(name))


class Described(NamedTable):
    """The table that a mapping describes."""

    def __init__(self, mapping: Mapping, stored: StoredTable, dialect: str) -> None:
        super().__init__(stored, dialect)
        self.mapping = mapping

    def label(self, value: str) -> Any:  # noqa: ANN401 - a number or an expression
        """Return a status as it is compared."""
        return label(self.stored.columns[self.mapping.status], value, self.dialect)

    @property
    def status(self) -> Column:
        """The status in its own type."""
        return self.at(self.mapping.status)

    def field(self, name: str) -> Field:
        """Return a field of the mapping."""
        shape = self.mapping.fields[name]
        stored = self.stored.columns[shape.column]
        if name in TIME_FIELDS:
            codec = time_codec(shape.times or self.mapping.times, stored, self.dialect)
            return Field(self.at(shape.column), codec, has_own_zone=shape.times is not None)
        return _name_field(stored, self.at(shape.column), self.dialect)


def _name_field(stored: StoredColumn, at: Column, dialect: str) -> Field:
    """Return a column of names: as text where a person could not write its own values, or their padding."""
    if stored.stored == "character":
        return Field(cast(at, Text()))
    return Field(at, key_codec(stored, dialect)) if holds(stored) in _WRITTEN else Field(as_text(stored, at))
