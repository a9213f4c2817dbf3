"""A table beside the jobs: how statements name its columns, and how they compare values."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import String, Text, case, cast, column, false, func, null

from queuetui.backends.foreign.mapped.columns import NamedTable, time_codec
from queuetui.backends.foreign.mapped.shape import Mapping
from queuetui.backends.foreign.mapped.side_shapes import SideShape
from queuetui.backends.sql.catalog import Catalog, StoredColumn, StoredTable
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Column, Condition

Shape = TypeVar("Shape", bound=SideShape)


def stored_column(name: str, stored: StoredTable, dialect: str) -> StoredColumn | None:
    """Return the column that NAME or NAME.KEY means, None where it is not there or cannot have keys."""
    head, _, key = name.partition(".")
    found = stored.columns.get(head)
    if found is None or not key:
        return found
    # MariaDB and SQLite keep JSON in texts.
    allowed = (Holds.JSON,) if dialect == "postgresql" else (Holds.JSON, Holds.TEXT)
    return found if holds(found) in allowed else None


class SideTable(NamedTable, Generic[Shape]):
    """One table beside the jobs, that is there; `shape` is what the mapping says of it."""

    def __init__(self, mapping: Mapping, shape: Shape, stored: StoredTable, dialect: str) -> None:
        super().__init__(stored, dialect)
        self.shape = shape
        self.times = shape.times or mapping.times

    def has(self, name: str) -> bool:
        """Tell whether NAME or NAME.KEY is there."""
        return bool(name) and stored_column(name, self.stored, self.dialect) is not None

    def codec(self, name: str) -> Codec:
        """Return how a column holds times."""
        return time_codec(self.times, self.stored.columns[name], self.dialect)

    def time(self, name: str, value: Any) -> datetime | None:  # noqa: ANN401 - whatever the column holds
        """Return the time that a column's value says."""
        found: datetime | None = self.codec(name).from_store(value)
        return found

    def text(self, name: str) -> Column:
        """Return NAME as text, or the text under a key of a JSON column.

        The latter is NULL where the key is missing.
        """
        head, _, key = name.partition(".")
        if not key:
            return super().text(head)
        # The column is JSON to the database, and text to the rest of this module.
        said = column(head, String(), _selectable=self.rows)
        if self.dialect == "postgresql":
            found: Column = said.op("->>")(key)
            return found
        path = f'$."{key}"'
        if self.dialect == "mysql":
            return func.json_value(said, path)
        return case((func.json_valid(said) == 1, cast(func.json_extract(said, path), Text())), else_=null())

    def equals(self, name: str, value: str) -> Condition:
        """Return the condition for rows with a value.

        uuid columns are compared as uuids, and text columns as texts.
        """
        if self.dialect != "sqlite" and "." not in name and holds(self.stored.columns[name]) is Holds.UUID:
            try:
                found: Condition = self.at(name) == UUID(value)
            except ValueError:
                return false()
            return found
        return self.text(name) == value

    def equals_column(self, name: str, other: Column, *, is_uuid: bool) -> Condition:
        """Return the condition for rows that agree with another table's column."""
        if is_uuid and "." not in name and holds(self.stored.columns[name]) is Holds.UUID:
            found: Condition = self.at(name) == other
            return found
        return self.text(name) == cast(other, Text())


def find_side(mapping: Mapping, shape: Shape | None, catalog: Catalog) -> SideTable[Shape] | None:
    """Return a table beside the jobs, None where the mapping has none or an optional one is not there."""
    stored = None if shape is None else catalog.find(shape.table)
    if shape is None or stored is None or not stored.is_readable:
        return None
    return SideTable(mapping, shape, stored, catalog.dialect)
