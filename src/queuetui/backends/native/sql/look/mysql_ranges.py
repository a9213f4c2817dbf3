"""Orders and ranges of indexes on MySQL and MariaDB.

What is read from the highest down is stored as its negative there, and a comparison of several columns at once is served by no index.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Table, and_, literal_column

from queuetui.backends.native.sql.look.conditions import Condition
from queuetui.backends.native.sql.look.orders import IndexOrder, Key
from queuetui.backends.native.sql.look.places import bind_values
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.backends.reading.cursors import Place
from queuetui.model.clock import to_us

PRIORITY_DESC = literal_column("queuetui_job.priority_desc", BigInteger)
MIRRORS: dict[ColumnElement[Any], ColumnElement[Any]] = {
    job.c.priority: PRIORITY_DESC,
    job_done.c.done_at: literal_column("queuetui_job_done.done_desc", BigInteger),
}


def order_of_index(order: IndexOrder, table: Table) -> list[ColumnElement[Any]]:
    """Return the ORDER BY of an order over a table."""
    found: list[ColumnElement[Any]] = []
    for key in order.keys:
        column, descending = _held(key, table)
        found.append(column.desc() if descending else column.asc())
    return found


def ranges_beyond(order: IndexOrder, table: Table, place: Place | None) -> Iterator[Condition | None]:
    """Yield the ranges after a place, nearest first: one for each column."""
    if place is None:
        yield None
        return
    held = [_held(key, table) for key in order.keys]
    values = [
        _mirrored(value) if table.c[key.column] in MIRRORS else value
        for key, value in zip(order.keys, bind_values(order, place), strict=True)
    ]
    for number in range(len(held) - 1, -1, -1):
        same = [column == value for (column, _), value in zip(held[:number], values[:number], strict=True)]
        column, descending = held[number]
        yield and_(*same, column < values[number] if descending else column > values[number])


def _held(key: Key, table: Table) -> tuple[ColumnElement[Any], bool]:
    column: ColumnElement[Any] = table.c[key.column]
    return (MIRRORS[column], not key.descending) if column in MIRRORS else (column, key.descending)


def _mirrored(value: datetime | int) -> int:
    return -(to_us(value) if isinstance(value, datetime) else value)
