"""The statements that read one segment of a layout: its lanes from a place on, merged in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, select, tuple_, union_all

from queuetui.backends.native.sql.conditions import Columns, Condition
from queuetui.backends.native.sql.cursors import Place
from queuetui.backends.native.sql.layout import Lane, Segment
from queuetui.backends.native.sql.orders import Order
from queuetui.backends.native.sql.places import bind_values
from queuetui.backends.native.sql.rows import raw_columns


def read_range(segment: Segment, place: Place | None, limit: int, *, light: bool = False) -> Subquery:
    """Return the first `limit` raw rows of a segment behind a place, `light` without their long columns."""
    parts = [
        _part(lane, beyond, segment.order, limit, light=light)
        for lane in segment.lanes
        for beyond in _beyond(segment.order, lane, place)
    ]
    merged = parts[0] if len(parts) == 1 else union_all(*(select(part) for part in parts)).subquery("merged")
    return select(merged).order_by(*ordering(segment.order, merged.c)).limit(limit).subquery("jobs")


def count_ranges(segments: Sequence[Segment], most: int) -> Select[Any]:
    """Return a count of all jobs of the segments that stops at `most`."""
    lanes = [select(lane.table.c.id).where(*lane.conditions) for segment in segments for lane in segment.lanes]
    merged = lanes[0].subquery() if len(lanes) == 1 else union_all(*lanes).subquery()
    return select(func.count()).select_from(select(merged).limit(most).subquery())


def ordering(order: Order, columns: Columns) -> list[ColumnElement[Any]]:
    """Return the ORDER BY of an order."""
    return [columns[key.column].desc() if key.descending else columns[key.column].asc() for key in order.keys]


def _part(lane: Lane, beyond: Condition | None, order: Order, limit: int, *, light: bool) -> Subquery:
    conditions = lane.conditions if beyond is None else (*lane.conditions, beyond)
    rows = select(*raw_columns(lane.table, light=light)).where(*conditions)
    return rows.order_by(*ordering(order, lane.table.c)).limit(limit).subquery()


def _beyond(order: Order, lane: Lane, place: Place | None) -> Iterator[Condition | None]:
    """Yield the ranges behind a place, nearest first: one for each run of columns that go the same way."""
    if place is None:
        yield None
        return
    columns: Columns = lane.table.c
    values = dict(zip((key.column for key in order.keys), bind_values(order, place), strict=True))
    runs = list(order.runs())
    for number in range(len(runs) - 1, -1, -1):
        same = [columns[key.column] == values[key.column] for run in runs[:number] for key in run]
        run = runs[number]
        names = [key.column for key in run]
        left = tuple_(*(columns[name] for name in names)) if len(names) > 1 else columns[names[0]]
        right: Any = tuple(values[name] for name in names) if len(names) > 1 else values[names[0]]
        yield and_(*same, left < right if run[0].descending else left > right)
