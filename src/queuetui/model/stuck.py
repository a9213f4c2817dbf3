"""The rule of stuck jobs, by which stores count and page, in plain Python."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import WAITING, State
from queuetui.model.waiting_queues import WaitingQueues


def is_stuck(job: Job, now: datetime, limits: Limits, waiting: WaitingQueues) -> bool:
    """Tell whether a job of our own queue is stuck at `now` by the store's clock."""
    if job.state is State.PROCESSING:
        return is_orphaned(job, now) or is_over_limit(job, now, limits)
    idles = job.queue.raw in waiting.idle and is_overdue(job, now, limits)
    return idles or is_unheard(job, now, limits, waiting.unheard)


def is_orphaned(job: Job, now: datetime) -> bool:
    """Tell whether the lease of a processing job is over or missing."""
    return job.lease_until is None or job.lease_until < now


def is_over_limit(job: Job, now: datetime, limits: Limits) -> bool:
    """Tell whether a processing job has run, or been held, for longer than its limit."""
    since = runs_since(job)
    return since is not None and (now - since).total_seconds() > limits.run_limit_s(job.queue.raw, job.type.raw)


def runs_since(job: Job) -> datetime | None:
    """Return since when a job runs; if its start is not stored, the time its record last changed."""
    return job.started_at or job.claimed_at or job.updated_at


def is_unheard(job: Job, now: datetime, limits: Limits, unheard: frozenset[str]) -> bool:
    """Tell whether a job has been due for longer than a queue without a consumer may make it wait."""
    return job.queue.raw in unheard and _is_due_over(job, now, limits.stuck_after_s)


def is_overdue(job: Job, now: datetime, limits: Limits) -> bool:
    """Tell whether a job has been due for longer than it may wait without a reason."""
    return _is_due_over(job, now, limits.overdue_limit_s(job.queue.raw, job.type.raw))


def due_since(job: Job) -> datetime | None:
    """Return since when a waiting job is due.

    A pending one whose store keeps no due time is due since it is there.
    """
    if job.state not in WAITING:
        return None
    return job.scheduled_at or (job.created_at if job.state is State.PENDING else None)


def is_due(job: Job, now: datetime) -> bool:
    """Tell whether a job waits and is due.

    A scheduled or retrying job may be due long before a worker promotes it to pending.
    """
    due_at = due_since(job)
    return due_at is not None and due_at <= now


def _is_due_over(job: Job, now: datetime, span_s: float) -> bool:
    due_at = due_since(job)
    return due_at is not None and (now - due_at).total_seconds() > span_s
