"""Which state a row is in and whether it is a candidate for stuck: once for rows, once as SQL, kept side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, TableClause, and_, case, false, or_

from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State

JOB_STATES = (State.PENDING, State.SCHEDULED, State.RETRYING, State.PROCESSING)
KEPT_STATES = frozenset({*JOB_STATES, State.FAILED})
ABSENT_STATES = {
    State.COMPLETED: "Laravel deletes a job's row when it has finished",
    State.CANCELLED: "Laravel keeps no cancelled jobs",
    State.BLOCKED: "Laravel's database queue has no blocked jobs",
}


def state_of(attempts: int, reserved_at: int | None, available_at: int | None, now_s: int) -> State:
    """Return the state of a row of jobs.

    A job that was tried and waits again is retrying, whether it failed or put itself back: the row looks the same.
    """
    if reserved_at is not None:
        return State.PROCESSING
    if attempts > 0:
        return State.RETRYING
    return State.SCHEDULED if available_at is not None and available_at > now_s else State.PENDING


def in_state(jobs: TableClause, state: State, now_s: int) -> ColumnElement[bool]:
    """Return `state_of` as a condition on rows of jobs."""
    free = jobs.c.reserved_at.is_(None)
    match state:
        case State.PROCESSING:
            return jobs.c.reserved_at.is_not(None)
        case State.RETRYING:
            return and_(free, jobs.c.attempts > 0)
        case State.SCHEDULED:
            return and_(free, jobs.c.attempts <= 0, jobs.c.available_at > now_s)
        case State.PENDING:
            return and_(free, jobs.c.attempts <= 0, jobs.c.available_at <= now_s)
        case _:
            return false()


def state_rank(jobs: TableClause, now_s: int) -> ColumnElement[int]:
    """Return the place of a row's state in JOB_STATES as an expression."""
    ranked = [(in_state(jobs, state, now_s), place) for place, state in enumerate(JOB_STATES)]
    return case(*ranked, else_=len(JOB_STATES))


@dataclass(frozen=True, slots=True)
class StuckRule:
    """Reserved for longer than the run limit, or due for longer than the waiting limit.

    Nothing in the store tells a live worker from a dead one, so time is all there is to judge by.
    """

    limits: Limits

    @property
    def is_exact_in_sql(self) -> bool:
        """Whether `candidates` are the stuck rows themselves: a type's own limit cannot be seen by SQL."""
        return not self.limits.per_type_s

    def candidates(self, jobs: TableClause, now_s: int) -> ColumnElement[bool]:
        """Return a condition that holds for every stuck row, and for no other when `is_exact_in_sql`."""
        limits = self.limits
        shortest = min(limits.per_type_s.values(), default=None)
        limit_of = {queue: _smaller(limit, shortest) for queue, limit in limits.per_queue_s.items()}
        seen_before = _since(now_s, _smaller(limits.stuck_after_s, shortest))
        latest = (
            case(*((jobs.c.queue == queue, _since(now_s, limit)) for queue, limit in limit_of.items()), else_=seen_before)
            if limit_of
            else seen_before
        )
        overdue = and_(in_state(jobs, State.PENDING, now_s), jobs.c.available_at <= _since(now_s, limits.overdue_after_s))
        return or_(jobs.c.reserved_at <= latest, overdue)

    def holds(self, job: Job, now: datetime) -> bool:
        """Tell whether one job is stuck."""
        if job.state is State.PROCESSING and job.started_at is not None:
            return (now - job.started_at).total_seconds() >= self.limits.run_limit_s(job.queue.raw, job.type.raw)
        if job.state is State.PENDING and job.scheduled_at is not None:
            return (now - job.scheduled_at).total_seconds() >= self.limits.overdue_after_s
        return False


def _since(now_s: int, limit_s: float) -> int:
    return int(now_s - limit_s)


def _smaller(limit_s: float, other_s: float | None) -> float:
    return limit_s if other_s is None else min(limit_s, other_s)
