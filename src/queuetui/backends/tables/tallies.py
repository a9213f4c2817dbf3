"""Counts the rows of one source: all of them where the server does it in its time, else a sample that is scaled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import Row, Select, Table, case, func, literal, null, select, text, true, union_all
from sqlalchemy.sql.util import ClauseAdapter

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.tables.conditions import exact_text
from queuetui.backends.tables.reading import Reading
from queuetui.backends.tables.source import Column, Source
from queuetui.model.state import State

SHORTEST_BUDGET_S = 0.05
# A count may take a fiftieth of the server's time; one that did not end is tried again after a minute.
REST_FACTOR = 50
RETRY_AFTER_S = 60.0
SAMPLED_ROWS = 20_000
BLOCKS = 20
_PG_ROWS = text(
    "select coalesce(sum(greatest(c.reltuples, 0)), 0), coalesce(sum(pg_relation_size(c.oid)), 0) / 200 "
    "from pg_partition_tree(cast(:name as regclass)) one join pg_class c on c.oid = one.relid"
)


@dataclass(frozen=True, slots=True)
class Tally:
    """The rows of one queue and state (its place in STATES): how many, how many are stuck, since when the oldest is due."""

    queue: str
    rank: int
    number: int
    stuck: int
    oldest_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tallies:
    """What was found in one source; `counted` tells an exact count from a scaled sample."""

    each: tuple[Tally, ...]
    counted: bool
    as_of: datetime


@dataclass(slots=True)
class Counter:
    """Counts one source as often as its cost allows; in between the last count stands, and tells its age."""

    _last: Tallies | None = None
    _rests_until: float = 0.0
    _retry_at: float = 0.0

    def read(self, reading: Reading, source: Source, *, exact: bool, budget_s: float) -> Tallies:
        """Return the rows by queue and state, exact within the budget or however long it takes."""
        begun = monotonic()
        if not exact and self._last is not None and begun < self._rests_until:
            return self._last
        found = self._count(reading, source, exact=exact, budget_s=budget_s)
        if found is None:
            found = Tallies(_sample(reading, source), counted=False, as_of=reading.moment.now)
        rests = sum(tally.number for tally in found.each) > COUNT_CAP
        self._last = found
        self._rests_until = monotonic() + (monotonic() - begun) * REST_FACTOR if rests else 0.0
        return found

    def _count(self, reading: Reading, source: Source, *, exact: bool, budget_s: float) -> Tallies | None:
        counting = _grouped(_judged(reading, source))
        if exact:
            records: Iterable[Row[Any]] = reading.connection.execute(counting).all()
        else:
            if monotonic() < self._retry_at:
                return None
            within = fetch_within(reading.connection, counting, max(budget_s, SHORTEST_BUDGET_S))
            if within is None:
                self._retry_at = monotonic() + RETRY_AFTER_S
                return None
            records = within
        each = tuple(_tally(record, source, 1.0) for record in records)
        return Tallies(each, counted=True, as_of=reading.moment.now)


def _judged(reading: Reading, source: Source) -> Select[Any]:
    """Return what is counted of each row."""
    moment = reading.moment
    queue: Column = (
        exact_text(source.fields["queue"].at, reading.dialect) if "queue" in source.fields else literal("default")
    )
    pending = source.in_states([State.PENDING], moment)
    due: Column = null() if pending is None or "scheduled" not in source.fields else source.fields["scheduled"].at
    if pending is not None:
        due = case((pending, due), else_=None)
    return (
        select(
            queue.label("queue"),
            source.state(moment).label("rank"),
            case((source.stuck(moment), 1), else_=0).label("stuck"),
            due.label("due"),
        )
        .select_from(source.rows)
        .where(source.shown(true()))
    )


def _grouped(judged: Select[Any]) -> Select[Any]:
    kept = judged.subquery().c
    counted = (func.count().label("number"), func.sum(kept.stuck).label("stuck"), func.min(kept.due).label("due"))
    return select(kept.queue, kept.rank, *counted).group_by(kept.queue, kept.rank)


def _tally(record: Row[Any], source: Source, weight: float) -> Tally:
    due = source.fields["scheduled"].codec.from_store(record.due) if "scheduled" in source.fields else None
    number, stuck = round(record.number * weight), round(int(record.stuck or 0) * weight)
    queue = "" if record.queue is None else str(record.queue)
    return Tally(queue, int(record.rank), number, stuck, due)


def _sample(reading: Reading, source: Source) -> tuple[Tally, ...]:
    """Count some rows and scale them to all that there are."""
    if reading.dialect == "postgresql" and isinstance(source.rows, Table):
        return _sample_pages(reading, source, source.rows)
    total = reading.connection.execute(select(func.count()).select_from(source.rows)).scalar_one()
    records = reading.connection.execute(_grouped(_some_blocks(reading, source))).all()
    seen = sum(record.number for record in records)
    return tuple(_tally(record, source, total / seen) for record in records)


def _sample_pages(reading: Reading, source: Source, rows: Table) -> tuple[Tally, ...]:
    """Read pages of a table of PostgreSQL at random."""
    name = reading.connection.dialect.identifier_preparer.format_table(rows)
    known, guessed = reading.connection.execute(_PG_ROWS, {"name": name}).one()
    total = max(1, int(known) or int(guessed))
    percent = min(100.0, 100.0 * SAMPLED_ROWS / total)
    sampled = rows.tablesample(func.system(percent))
    judged = ClauseAdapter(sampled).traverse(_judged(reading, source))
    records = reading.connection.execute(_grouped(judged)).all()
    return tuple(_tally(record, source, 100.0 / percent) for record in records)


def _some_blocks(reading: Reading, source: Source) -> Select[Any]:
    """Return rows from all over the key where it is a number, else those with the lowest keys."""
    key, judged = source.key[0].at, _judged(reading, source)
    low, high = reading.connection.execute(select(func.min(key), func.max(key)).select_from(source.rows)).one()
    if len(source.key) > 1 or not isinstance(low, int) or high - low < SAMPLED_ROWS:
        return select(judged.order_by(key).limit(SAMPLED_ROWS).subquery())
    step = (high - low) // BLOCKS
    size = SAMPLED_ROWS // BLOCKS
    blocks = [judged.where(key >= low + place * step).order_by(key).limit(size).subquery() for place in range(BLOCKS)]
    return select(union_all(*(select(block) for block in blocks)).subquery())
