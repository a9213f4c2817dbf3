"""What Laravel's tables hold, by queue and state, with how each number was got."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic

from sqlalchemy import BigInteger, TableClause, case, cast, literal, null

from queuetui.backends.foreign.laravel.rows import queue_key, queue_name
from queuetui.backends.foreign.laravel.source import Source
from queuetui.backends.foreign.laravel.states import ABSENT_STATES, JOB_STATES, in_state, state_rank, stuck_candidates
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.sql.groups import Grouping
from queuetui.backends.sql.tallies import BUDGET_S, BudgetedCounter, Tallies
from queuetui.model.clock import from_us
from queuetui.model.measured import Exactness, Measured, absent, add_counts
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_UNSURE_STUCK = "counted by the shortest limit of any type; the type is inside the payload"
# The rank behind Laravel's own is that of rows in no state.
_FAILED_RANK = len(JOB_STATES) + 1
_STATE_OF_RANK = {**dict(enumerate(JOB_STATES)), _FAILED_RANK: State.FAILED}


@dataclass(slots=True)
class Counters:
    """The counters of both tables."""

    jobs: BudgetedCounter = field(default_factory=BudgetedCounter)
    failed: BudgetedCounter = field(default_factory=BudgetedCounter)
    budget_s: float = BUDGET_S


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


def count_jobs(source: Source, counters: Counters, *, exact: bool) -> Counts:
    """Count both tables: whole if `exact`, else within the server's budget, beyond which a sample is scaled."""
    begun, now = monotonic(), _time(source.reader.now_s)
    jobs = failed = None
    if source.tables.jobs is not None:
        grouping = _group_jobs(source, source.tables.jobs)
        jobs = counters.jobs.read(source.connection, grouping, now, exact=exact, budget_s=counters.budget_s)
    if source.tables.failed is not None:
        grouping = _group_failed(source.tables.failed)
        left_s = counters.budget_s - (monotonic() - begun)
        failed = counters.failed.read(source.connection, grouping, now, exact=exact, budget_s=left_s)
    queues = _by_queue(jobs, failed, folds=source.tables.folds_queues)
    measure = _Measure(source.tables, source.reader.now_s, jobs, failed, not source.limits.per_type_s)
    sums: defaultdict[State, int] = defaultdict(int)
    for queue in queues.values():
        for state, count in queue.states.items():
            sums[state] += count
    return Counts(
        measure.states(sums),
        measure.stuck(sum(queue.stuck for queue in queues.values())),
        measure.total(sums),
        tuple(_describe(name, queues[name], measure) for name in sorted(queues)),
    )


@dataclass(frozen=True, slots=True)
class _Measure:
    """Says of each number how it was got."""

    tables: Tables
    now_s: int
    jobs: Tallies | None
    failed: Tallies | None
    stuck_exact: bool

    def of_jobs(self, value: int) -> Measured[int]:
        return self._number(value, self.jobs, self.tables.jobs_absent)

    def of_failed(self, value: int) -> Measured[int]:
        return self._number(value, self.failed, self.tables.failed_absent)

    def states(self, found: dict[State, int]) -> dict[State, Measured[int]]:
        counted = {state: self.of_jobs(found.get(state, 0)) for state in JOB_STATES}
        counted[State.FAILED] = self.of_failed(found.get(State.FAILED, 0))
        return counted | {state: absent(why) for state, why in ABSENT_STATES.items()}

    def stuck(self, value: int) -> Measured[int]:
        if not self.stuck_exact and value:
            return Measured(value, Exactness.ESTIMATED, _time(self.now_s), _UNSURE_STUCK)
        return self.of_jobs(value)

    def total(self, found: dict[State, int]) -> Measured[int]:
        waiting = sum(found.get(state, 0) for state in JOB_STATES)
        readings = (self.of_jobs(waiting), self.of_failed(found.get(State.FAILED, 0)))
        added = add_counts(readings)
        hidden = next((one.why for one in readings if one.value is None), "")
        if hidden and self.tables.may_hide and added.exactness is Exactness.EXACT:
            return Measured(added.value, Exactness.CAPPED, added.as_of, hidden)
        return added

    def _number(self, value: int, reading: Tallies | None, why_absent: str) -> Measured[int]:
        if reading is None:
            return absent(why_absent)
        return reading.measure(value, _time(self.now_s))


def _time(at_s: int) -> datetime:
    return from_us(at_s * 1_000_000)


def _describe(name: str, queue: _QueueCount, measure: _Measure) -> QueueInfo:
    oldest = None if queue.oldest_due_s is None else _time(queue.oldest_due_s)
    return QueueInfo(Untrusted(name), measure.states(queue.states), measure.stuck(queue.stuck), oldest)


def _group_jobs(source: Source, jobs: TableClause) -> Grouping:
    now_s = source.reader.now_s
    is_stuck = case((stuck_candidates(jobs, now_s, source.limits), 1), else_=0)
    due = case((in_state(jobs, State.PENDING, now_s), jobs.c.available_at), else_=None)
    return Grouping(jobs, jobs.c.id, (jobs.c.queue, state_rank(jobs, now_s)), (is_stuck,), (due,))


def _group_failed(failed: TableClause) -> Grouping:
    groups = (failed.c.queue, literal(_FAILED_RANK))
    return Grouping(failed, failed.c.id, groups, (literal(0),), (cast(null(), BigInteger),))


def _by_queue(*readings: Tallies | None, folds: bool) -> dict[str, _QueueCount]:
    """Sum up by queue; names that are one to the database are told under the first of their spellings."""
    tallies = [tally for reading in readings if reading is not None for tally in reading.groups]
    names = [queue_name(tally.groups[0]) for tally in tallies]
    spellings: dict[str, str] = {}
    for name in sorted(set(names)):
        spellings.setdefault(queue_key(name) if folds else name, name)
    queues: defaultdict[str, _QueueCount] = defaultdict(_QueueCount)
    for name, tally in zip(names, tallies, strict=True):
        queue = queues[spellings[queue_key(name) if folds else name]]
        state = _STATE_OF_RANK.get(int(tally.groups[1]))
        if state is not None:
            queue.states[state] += tally.number
        queue.stuck += tally.sums[0]
        # SQLite keeps whatever was put into a column.
        dues = [due for due in (queue.oldest_due_s, *tally.lows) if isinstance(due, int)]
        queue.oldest_due_s = min(dues, default=None)
    return queues
