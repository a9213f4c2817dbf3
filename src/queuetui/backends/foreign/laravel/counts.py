"""Counts by queue and state, read from a bounded part of the tables unless exact ones are asked for."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import FromClause, Select, TableClause, case, func, select, union

from queuetui.backends.base import COUNT_CAP
from queuetui.backends.foreign.laravel.pages import Source
from queuetui.backends.foreign.laravel.states import ABSENT_STATES, JOB_STATES, in_state, state_rank, stuck_candidates
from queuetui.model.clock import from_us
from queuetui.model.measured import Exactness, Measured, absent
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_HALF = COUNT_CAP // 2


@dataclass(slots=True)
class _QueueCount:
    """What one queue holds."""

    states: dict[State, int] = field(default_factory=lambda: defaultdict(int))
    stuck: int = 0
    oldest_due_s: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Measured counts over all queues and of each."""

    by_state: dict[State, Measured[int]]
    stuck: Measured[int]
    total: Measured[int]
    queues: tuple[QueueInfo, ...]


def count_jobs(source: Source, *, exact: bool) -> Counts:
    """Count both tables; without `exact` at most COUNT_CAP rows of each are looked at."""
    queues: defaultdict[str, _QueueCount] = defaultdict(_QueueCount)
    jobs_whole = failed_whole = True
    if source.tables.jobs is not None:
        jobs_whole = _count_waiting(source, source.tables.jobs, queues, exact=exact)
    if source.tables.failed is not None:
        failed_whole = _count_failed(source, source.tables.failed, queues, exact=exact)
    measure = _Measure(from_us(source.reader.now_s * 1_000_000), jobs_whole, failed_whole, not source.limits.per_type_s)
    sums: defaultdict[State, int] = defaultdict(int)
    for queue in queues.values():
        for state, count in queue.states.items():
            sums[state] += count
    total = sum(sums.values())
    return Counts(
        measure.states(sums),
        measure.stuck(sum(queue.stuck for queue in queues.values())),
        measure.number(total, whole=jobs_whole and failed_whole),
        tuple(_describe(name, queues[name], measure) for name in sorted(queues)),
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    """Says of each number how it was got."""

    as_of: datetime
    jobs_whole: bool
    failed_whole: bool
    stuck_exact: bool

    def number(self, value: int, *, whole: bool) -> Measured[int]:
        why = "" if whole else "the oldest and newest rows were counted"
        return Measured(value, Exactness.EXACT if whole else Exactness.CAPPED, self.as_of, why)

    def states(self, found: dict[State, int]) -> dict[State, Measured[int]]:
        counted = {state: self.number(found.get(state, 0), whole=self.jobs_whole) for state in JOB_STATES}
        counted[State.FAILED] = self.number(found.get(State.FAILED, 0), whole=self.failed_whole)
        return counted | {state: absent(why) for state, why in ABSENT_STATES.items()}

    def stuck(self, value: int) -> Measured[int]:
        if not self.stuck_exact and value:
            why = "counted by the shortest limit of any type; the type is inside the payload"
            return Measured(value, Exactness.ESTIMATED, self.as_of, why)
        return self.number(value, whole=self.jobs_whole)


def _describe(name: str, queue: _QueueCount, measure: _Measure) -> QueueInfo:
    oldest = None if queue.oldest_due_s is None else from_us(queue.oldest_due_s * 1_000_000)
    return QueueInfo(Untrusted(name), measure.states(queue.states), measure.stuck(queue.stuck), oldest)


def _count_waiting(source: Source, jobs: TableClause, queues: dict[str, _QueueCount], *, exact: bool) -> bool:
    now_s = source.reader.now_s
    rank = state_rank(jobs, now_s).label("state")
    is_stuck = case((stuck_candidates(jobs, now_s, source.limits), 1), else_=0).label("stuck")
    due = case((in_state(jobs, State.PENDING, now_s), jobs.c.available_at), else_=None).label("due")
    rows = _looked_at(select(jobs.c.id, jobs.c.queue, rank, is_stuck, due), jobs, exact=exact)
    seen = 0
    for record in source.connection.execute(_summed(rows)):
        queue = queues[str(record.queue)]
        if record.state < len(JOB_STATES):
            queue.states[JOB_STATES[record.state]] += record.number
        queue.stuck += int(record.stuck or 0)
        dues = [due for due in (queue.oldest_due_s, record.due) if isinstance(due, int)]
        queue.oldest_due_s = min(dues, default=None)
        seen += record.number
    return exact or seen < COUNT_CAP


def _summed(rows: FromClause) -> Select[Any]:
    kept = rows.c
    return select(
        kept.queue,
        kept.state,
        func.count().label("number"),
        func.sum(kept.stuck).label("stuck"),
        func.min(kept.due).label("due"),
    ).group_by(kept.queue, kept.state)


def _count_failed(source: Source, failed: TableClause, queues: dict[str, _QueueCount], *, exact: bool) -> bool:
    rows = _looked_at(select(failed.c.id, failed.c.queue), failed, exact=exact)
    seen = 0
    for record in source.connection.execute(select(rows.c.queue, func.count().label("number")).group_by(rows.c.queue)):
        queues[str(record.queue)].states[State.FAILED] += record.number
        seen += record.number
    return exact or seen < COUNT_CAP


def _looked_at(rows: Select[Any], table: TableClause, *, exact: bool) -> FromClause:
    """Bound a count to both ends of a table by its primary key; the union drops the rows where the ends meet.

    Reserved rows are the oldest by the order of taking, and what was just released or dispatched is the newest.
    """
    if exact:
        return rows.subquery()
    oldest = rows.order_by(table.c.id.asc()).limit(_HALF).subquery()
    newest = rows.order_by(table.c.id.desc()).limit(_HALF).subquery()
    return union(select(oldest), select(newest)).subquery()
