"""Which state a row is in and whether it is a candidate for stuck.

Once for rows, once as SQL, kept side by side.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, String, TableClause, Text, and_, case, cast, false, literal, or_

from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.stuck import is_over_limit

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


def is_stuck(job: Job, now: datetime, limits: Limits) -> bool:
    """Tell whether a job is reserved for longer than its limit, or waits with its attempts used up.

    Nothing in the store tells a live worker from a dead one, so time is all there is to judge a reserved one by.
    """
    if job.state is State.RETRYING:
        return job.is_used_up and job.expired_at is None
    return job.state is State.PROCESSING and is_over_limit(job, now, limits)


def stuck_candidates(jobs: TableClause, now_s: int, limits: Limits) -> ColumnElement[bool]:
    """Return a condition that holds for every stuck row, and for no other unless types have limits of their own."""
    # SQL cannot see a type, which is inside the payload, so the shortest limit of any type bounds all.
    shortest = min((*limits.per_type_s.values(), limits.stuck_after_s))
    floor = int(now_s - shortest)
    own = [(jobs.c.queue == queue, int(now_s - _smaller(limit, limits))) for queue, limit in limits.per_queue_s.items()]
    return or_(jobs.c.reserved_at < (case(*own, else_=floor) if own else floor), _is_used_up(jobs))


def _is_used_up(jobs: TableClause) -> ColumnElement[bool]:
    """Return the condition for a job that was given back with no attempt left.

    One with a deadline counts none.
    """
    payload = cast(jobs.c.payload, Text())
    # Only a number that is followed by a comma is a whole one. JSON as a type of the database writes a space before it.
    tried = cast(jobs.c.attempts, String())
    allowed = [payload.like(literal(f'%"maxTries":{gap}', Text()) + tried + literal(",%", Text())) for gap in ("", " ")]
    no_deadline = [payload.like(f'%"retryUntil":{gap}null%') for gap in ("", " ")]
    return and_(jobs.c.reserved_at.is_(None), jobs.c.attempts > 0, or_(*allowed), or_(*no_deadline))


def _smaller(limit_s: float, limits: Limits) -> float:
    return min((limit_s, *limits.per_type_s.values()))
