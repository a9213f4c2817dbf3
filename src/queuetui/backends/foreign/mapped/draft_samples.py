"""What some rows of a table tell: their statuses, and the unit of times that are numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from queuetui.backends.foreign.mapped.columns import NamedTable
from queuetui.backends.foreign.mapped.guesses import guess_status
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.tables.source import Column
from queuetui.backends.tables.stored_columns import Holds, holds

ROWS_LOOKED_AT = 100_000
MOST_STATUSES = 30
# In seconds it is the year 5138, in milliseconds 1973.
_FIRST_MILLISECOND = 100_000_000_000


def read_statuses(connection: Connection, stored: StoredTable) -> list[str]:
    """Return the labels of the status, or those that rows bear."""
    name = guess_status(stored.columns)
    if name is None:
        return []
    column = stored.columns[name]
    if column.labels is not None:
        return list(column.labels)
    some = _some(NamedTable(stored, connection.dialect.name).text(name))
    found = connection.execute(select(some.c.one).distinct().limit(MOST_STATUSES)).scalars()
    return sorted(str(one) for one in found if one is not None)


def read_time_units(connection: Connection, stored: StoredTable) -> Mapping[str, str]:
    """Return, of each column of numbers that reach so far, that they can only be milliseconds."""
    units, table = {}, NamedTable(stored, connection.dialect.name)
    for name, column in stored.columns.items():
        if holds(column) in (Holds.WHOLE, Holds.NUMBER):
            some = _some(table.at(name))
            largest = connection.execute(select(func.max(some.c.one))).scalar()
            units[name] = "milliseconds" if _is_at_least(largest, _FIRST_MILLISECOND) else "seconds"
    return units


def _is_at_least(value: Any, least: int) -> bool:  # noqa: ANN401 - SQLite holds any type in any column
    return isinstance(value, int | float) and value >= least


def _some(column: Column) -> Any:  # noqa: ANN401 - a subquery
    rows: Select[Any] = select(column.label("one")).limit(ROWS_LOOKED_AT)
    return rows.subquery()
