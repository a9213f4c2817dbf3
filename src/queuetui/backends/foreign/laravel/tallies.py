"""How many rows each queue has in each state: counted where the server does it in its time, else scaled from a sample."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    Row,
    Select,
    TableClause,
    Text,
    cast,
    func,
    literal,
    select,
    union_all,
)

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.foreign.laravel.row_ids import is_numbered
from queuetui.backends.foreign.laravel.rows import queue_name
from queuetui.backends.foreign.laravel.source import Source
from queuetui.backends.sql.budget import fetch_within

BUDGET_S = 0.25
SHORTEST_BUDGET_S = 0.05
# A count may take a fiftieth of the server's time; one that did not end is tried again after a minute.
REST_FACTOR = 50
RETRY_AFTER_S = 60.0
# Reserved rows are the oldest by the order of taking, and what was just released or dispatched is the newest: both ends are counted whole.
END_ROWS = 5_000
BLOCKS = 20
BLOCK_ROWS = 250


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows of one queue and state: how many, how many of them may be stuck, and since when the oldest is due."""

    queue: str
    state: int
    number: int
    stuck: int
    oldest_due_s: int | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found in one table; `counted` tells an exact count from a scaled sample."""

    tallies: tuple[Tally, ...]
    counted: bool
    as_of_s: int

    @property
    def number(self) -> int:
        """All rows."""
        return sum(tally.number for tally in self.tallies)


@dataclass(frozen=True, slots=True)
class TableColumns:
    """What of each row of a table is counted."""

    state: ColumnElement[int]
    stuck: ColumnElement[int]
    due: ColumnElement[Any]


@dataclass(slots=True)
class TableCounter:
    """Counts one table as often as its cost allows; in between the last reading stands, and tells its age."""

    _last: Reading | None = None
    _costly_until: float = 0.0
    retry_at: float = 0.0

    def read(
        self, source: Source, rows: TableClause, columns: TableColumns, *, exact: bool, budget_s: float
    ) -> Reading:
        """Return the rows by queue and state, exact within the budget or however long it takes."""
        begun = monotonic()
        if not exact and self._last is not None and begun < self._costly_until:
            return self._last
        counted = self._count(source, rows, columns, exact=exact, budget_s=budget_s)
        found = counted or Reading(_sample(source, rows, columns), counted=False, as_of_s=source.reader.now_s)
        rests = found.number > COUNT_CAP
        self._last, self._costly_until = found, monotonic() + (monotonic() - begun) * REST_FACTOR if rests else 0.0
        return found

    def _count(
        self, source: Source, rows: TableClause, columns: TableColumns, *, exact: bool, budget_s: float
    ) -> Reading | None:
        counting = _summed(rows, columns, source.dialect)
        if exact:
            records = source.connection.execute(counting).fetchall()
        else:
            if monotonic() < self.retry_at:
                return None
            within = fetch_within(source.connection, counting, max(budget_s, SHORTEST_BUDGET_S))
            if within is None:
                self.retry_at = monotonic() + RETRY_AFTER_S
                return None
            records = list(within)
        return Reading(tuple(_tally(record, 1.0) for record in records), counted=True, as_of_s=source.reader.now_s)


@dataclass(slots=True)
class Counters:
    """The counters of both tables."""

    jobs: TableCounter = field(default_factory=TableCounter)
    failed: TableCounter = field(default_factory=TableCounter)
    budget_s: float = BUDGET_S


def _summed(rows: TableClause, columns: TableColumns, dialect: str) -> Select[Any]:
    kept = select(
        rows.c.id, rows.c.queue, columns.state.label("state"), columns.stuck.label("stuck"), columns.due.label("due")
    ).subquery()
    return _grouped(kept.c, dialect).group_by(kept.c.queue, kept.c.state)


def _grouped(kept: Any, dialect: str, *more: ColumnElement[Any]) -> Select[Any]:  # noqa: ANN401 - the columns of a subquery
    return select(
        # One spelling of those that the database takes for one, and always the same.
        func.min(_letter_by_letter(kept.queue, dialect)).label("spelling"),
        kept.state,
        func.count().label("number"),
        func.sum(kept.stuck).label("stuck"),
        func.min(kept.due).label("due"),
        *more,
    )


def _letter_by_letter(queue: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if dialect == "postgresql":
        return cast(queue, Text()).collate("C")
    return cast(queue, LargeBinary)


def _tally(record: Row[Any], weight: float) -> Tally:
    due = record.due if isinstance(record.due, int) else None
    number, stuck = round(record.number * weight), round(int(record.stuck or 0) * weight)
    return Tally(queue_name(record.spelling), int(record.state), number, stuck, due)


def _sample(source: Source, rows: TableClause, columns: TableColumns) -> tuple[Tally, ...]:
    """Read both ends of a table and small blocks between, and scale each block to the ids that it stands for."""
    if not is_numbered(rows):
        return _sample_texts(source, rows, columns)
    edges = _edges(source, rows)
    if not edges:
        return ()
    limits = [END_ROWS, *[BLOCK_ROWS] * (len(edges) - 3), END_ROWS] if len(edges) > 2 else [2 * END_ROWS]  # noqa: PLR2004 - one block
    blocks = [_block(rows, columns, place, edges[place], edges[place + 1], limit) for place, limit in enumerate(limits)]
    kept = union_all(*(select(block) for block in blocks)).subquery()
    grouped = _grouped(kept.c, source.dialect, kept.c.block, func.max(kept.c.id).label("last")).group_by(
        kept.c.block, kept.c.queue, kept.c.state
    )
    records = source.connection.execute(grouped).fetchall()
    return tuple(_weighted(records, edges, limits))


def _sample_texts(source: Source, rows: TableClause, columns: TableColumns) -> tuple[Tally, ...]:
    """Read the rows with the lowest ids, which are texts and so of any time, and scale them to all that there are."""
    total = source.connection.execute(select(func.count()).select_from(rows)).scalar_one()
    kept = select(rows.c.queue, columns.state.label("state"), columns.stuck.label("stuck"), columns.due.label("due"))
    sample = kept.order_by(rows.c.id).limit(2 * END_ROWS).subquery()
    records = source.connection.execute(
        _grouped(sample.c, source.dialect).group_by(sample.c.queue, sample.c.state)
    ).fetchall()
    seen = sum(record.number for record in records)
    return tuple(_tally(record, total / seen) for record in records)


def _edges(source: Source, rows: TableClause) -> list[int]:
    """Return the ids that blocks begin at and, last, the one behind the newest."""
    low, high = source.connection.execute(select(func.min(rows.c.id), func.max(rows.c.id))).one()
    if low is None:
        return []
    oldest = source.connection.execute(select(rows.c.id).order_by(rows.c.id.asc()).offset(END_ROWS).limit(1)).scalar()
    newest = source.connection.execute(select(rows.c.id).order_by(rows.c.id.desc()).offset(END_ROWS).limit(1)).scalar()
    first, last, end = int(oldest or high + 1), int(newest or low) + 1, int(high) + 1
    if first >= last:
        return [int(low), end]
    step = max(1, (last - first) // BLOCKS)
    between = list(range(first, last, step))[:BLOCKS]
    return [int(low), *between, last, end]


def _block(rows: TableClause, columns: TableColumns, place: int, low: int, high: int, limit: int) -> Any:  # noqa: ANN401 - a subquery
    chosen = select(
        literal(place).label("block"),
        rows.c.id,
        rows.c.queue,
        columns.state.label("state"),
        columns.stuck.label("stuck"),
        columns.due.label("due"),
    )
    return chosen.where(rows.c.id >= low, rows.c.id < high).order_by(rows.c.id).limit(limit).subquery()


def _weighted(records: Iterable[Row[Any]], edges: list[int], limits: list[int]) -> Iterable[Tally]:
    by_block: dict[int, list[Row[Any]]] = {}
    for record in records:
        by_block.setdefault(record.block, []).append(record)
    for place, found in by_block.items():
        low, high = edges[place], edges[place + 1]
        is_cut = sum(record.number for record in found) >= limits[place]
        weight = (high - low) / (max(record.last for record in found) - low + 1) if is_cut else 1.0
        yield from (_tally(record, weight) for record in found)
