"""Makes the statements that read a segment of a layout: its lanes from a place on, merged in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, Table, and_, func, select, tuple_, union_all

from queuetui.backends.native.sql.look.conditions import Columns, Condition
from queuetui.backends.native.sql.look.job_columns import raw_columns
from queuetui.backends.native.sql.look.layout import Lane, PageSegment
from queuetui.backends.native.sql.look.mysql_ranges import order_of_index, ranges_beyond
from queuetui.backends.native.sql.look.orders import IndexOrder
from queuetui.backends.native.sql.look.places import bind_values
from queuetui.backends.reading.cursors import Place


@dataclass(frozen=True, slots=True)
class Range:
    """The first `limit` raw rows of a segment after a place; `light` omits their long columns."""

    segment: PageSegment
    place: Place | None
    limit: int
    light: bool = False

    def rows(self, dialect: str) -> Subquery:
        """Return the rows, merged in the segment's order."""
        order = self.segment.order
        # SQLite merges plain parts lazily; the other databases do so only if each part has its own ORDER BY and LIMIT.
        part = {"sqlite": self._plain_part, "mysql": self._mirrored_part}.get(dialect, self._ended_part)
        beyond = ranges_beyond if dialect == "mysql" else _beyond
        parts = [part(lane, behind) for lane in self.segment.lanes for behind in beyond(order, lane.table, self.place)]
        merged = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery("merged")
        return select(merged).order_by(*ordering(order, merged.c)).limit(self.limit).subquery("jobs")

    def _plain_part(self, lane: Lane, beyond: Condition | None) -> Select[Any]:
        rows = lane.rows(*raw_columns(lane.table, light=self.light))
        return rows if beyond is None else rows.where(beyond)

    def _ended_part(self, lane: Lane, beyond: Condition | None) -> Select[Any]:
        rows = self._plain_part(lane, beyond).order_by(*ordering(self.segment.order, lane.table.c))
        return select(rows.limit(self.limit).subquery())

    def _mirrored_part(self, lane: Lane, beyond: Condition | None) -> Select[Any]:
        # In this form a part has its own LIMIT without being a derived table, which the server would materialise.
        return (
            self._plain_part(lane, beyond).order_by(*order_of_index(self.segment.order, lane.table)).limit(self.limit)
        )


def count_ranges(segments: Sequence[PageSegment], most: int) -> Select[Any]:
    """Return a count of all jobs of the segments, which stops at `most`."""
    # MySQL materialises each part of a union before it counts, so each part has a LIMIT too.
    parts = [lane.rows(lane.table.c.id).limit(most).subquery() for segment in segments for lane in segment.lanes]
    merged = parts[0] if len(parts) == 1 else union_all(*map(select, parts)).subquery()
    return select(func.count()).select_from(select(merged).limit(most).subquery())


def ordering(order: IndexOrder, columns: Columns) -> list[ColumnElement[Any]]:
    """Return the ORDER BY of an order."""
    return [columns[key.column].desc() if key.descending else columns[key.column].asc() for key in order.keys]


def _beyond(order: IndexOrder, table: Table, place: Place | None) -> Iterator[Condition | None]:
    """Yield the ranges after a place, nearest first: one for each group of columns with one direction."""
    if place is None:
        yield None
        return
    columns: Columns = table.c
    values = dict(zip((key.column for key in order.keys), bind_values(order, place), strict=True))
    runs = list(order.runs())
    for number in range(len(runs) - 1, -1, -1):
        same = [columns[key.column] == values[key.column] for run in runs[:number] for key in run]
        run = runs[number]
        names = [key.column for key in run]
        left = tuple_(*(columns[name] for name in names)) if len(names) > 1 else columns[names[0]]
        right: Any = tuple(values[name] for name in names) if len(names) > 1 else values[names[0]]
        yield and_(*same, left < right if run[0].descending else left > right)
