"""The table that a mapping describes, as statements name its columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import TableClause

from queuetui.backends.foreign.mapped.columns import time_codec
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.tables.source import Column, Field
from queuetui.backends.tables.stored_columns import Holds, as_text, holds, label, plain_codec
from queuetui.model.query import TIME_FIELDS


@dataclass(frozen=True, slots=True)
class Described:
    """The columns of the table that a mapping describes, as statements name them."""

    mapping: Mapping
    stored: StoredTable
    dialect: str
    rows: TableClause

    def at(self, name: str) -> Column:
        """Return the column of a name."""
        found: Column = self.rows.c[name]
        return found

    def text(self, name: str) -> Column:
        """Return the column of a name as text."""
        return as_text(self.stored.columns[name], self.at(name))

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
            return Field(self.at(shape.column), time_codec(shape.times or self.mapping.times, stored, self.dialect))
        is_text = holds(stored) in (Holds.ENUM, Holds.JSON, Holds.OTHER)
        return Field(self.text(shape.column) if is_text else self.at(shape.column), plain_codec(stored))
