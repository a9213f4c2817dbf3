"""A job whose events contradict its state: an event is missing, or is overdue."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from queuetui.model.act import Verb
from queuetui.model.clock import to_text
from queuetui.model.event import Event, EventKind
from queuetui.model.job import Job
from queuetui.model.state import FINAL, State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name, step_with, worker_name

_WAITS = frozenset(
    {
        EventKind.JOB_CREATED,
        EventKind.JOB_DUE,
        EventKind.JOB_RETRIED,
        EventKind.JOB_SNOOZED,
        EventKind.JOB_RELEASED,
        EventKind.JOB_LOST,
    }
)
_RUNS = frozenset({EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED})
# For how long the log of another product may be behind its jobs.
_LOG_LATE_S = 60.0
_STEPS = _WAITS | _RUNS | {EventKind.JOB_COMPLETED, EventKind.JOB_FAILED, EventKind.JOB_CANCELLED}


def judge(job: Job, events: Sequence[Event], facts: Facts, *, is_logged: bool) -> Verdict | None:
    """Judge a job by its events, given newest first.

    `is_logged` tells whether events are logged for its queue; if not, missing events are expected.
    The events were read after the job, so they may be ahead of it, which is no gap; events behind the job are one.
    """
    last = next((event for event in events if event.kind in _STEPS), None)
    if last is None:
        return None
    limit_s = facts.limits.run_limit_s(job.queue.raw, job.type.raw)
    if last.kind in _WAITS and job.state is State.PENDING:
        return _never_assigned(job, last, facts, limit_s)
    if last.kind in _RUNS and job.state is State.PROCESSING:
        return _no_end(job, last, facts, limit_s)
    return _step_missing(job, last, facts) if is_logged else None


def _never_assigned(job: Job, last: Event, facts: Facts, limit_s: float) -> Verdict | None:
    queue = facts.queues.get(job.queue.raw)
    waited_s = (facts.now - max(last.at, job.scheduled_at or last.at)).total_seconds()
    if waited_s <= limit_s or (queue is not None and queue.is_paused):
        return None
    word = last.kind.value
    summary = f"{word} and no JobScheduled or JobStarted since: due {age(waited_s)}, and no worker was assigned"
    step = f"look whether a worker takes from {name(job.queue)}: {_workers(facts)}"
    return _verdict(last, summary, {"waited_s": round(waited_s, 3), "limit_s": limit_s}, step)


def _no_end(job: Job, last: Event, facts: Facts, limit_s: float) -> Verdict | None:
    runs_s = (facts.now - last.at).total_seconds()
    if runs_s <= limit_s:
        return None
    summary = f"{last.kind.value} {age(runs_s)} ago on {_worker(last, facts)} and no end is logged"
    step = step_with(f"look at its worker ({_workers(facts)})", "then", Verb.CANCEL, job, facts)
    return _verdict(last, summary, {"running_s": round(runs_s, 3), "limit_s": limit_s}, step)


def _worker(last: Event, facts: Facts) -> str:
    """Return the name of the worker that ran a job: host and process id if it is still registered."""
    known = next((worker for worker in facts.workers if worker.id == last.worker), None)
    return name(last.worker) if known is None else worker_name(known)


def _step_missing(job: Job, last: Event, facts: Facts) -> Verdict | None:
    """Judge a log that is behind the job; our own queue writes both in one transaction.

    Another product may write its log a moment after the job, and may not tell when the job changed.
    """
    moved_at = _moved_at(job)
    if moved_at is None and not facts.capabilities.native and (facts.now - last.at).total_seconds() > _LOG_LATE_S:
        moved_at = facts.now
    if moved_at is None or last.at >= moved_at:
        return None
    if last.kind in _WAITS and job.state in {State.PROCESSING, State.COMPLETED}:
        missing = "no JobScheduled or JobStarted"
    elif last.kind in _RUNS and job.state is not State.PROCESSING:
        missing = "no end"
    else:
        return None
    summary = f"the log has {last.kind.value} and then {missing}, though the job is {job.state.value}"
    way = facts.access.reading
    switch = command("queues", "events", names=[job.queue], way=way)
    step = f"its events were off for a time, or a store was restored: {switch}"
    if not facts.capabilities.native:
        logged = command("events", "--job", Untrusted(job.ref.id), way=way)
        step = f"the application did not log it; what it did log: {logged}"
    return _verdict(last, summary, {"state": job.state.value, "since": to_text(moved_at)}, step)


def _workers(facts: Facts) -> str:
    """Return the command that lists the workers."""
    return command("workers", way=facts.access.reading)


def _moved_at(job: Job) -> datetime | None:
    """Return when the job reached its present state."""
    if job.state is State.PROCESSING:
        return job.claimed_at
    return job.completed_at if job.state in FINAL else job.updated_at


def _verdict(last: Event, summary: str, evidence: dict[str, object], step: str) -> Verdict:
    return Verdict(
        Code.GAP, Severity.WARNING, summary, {"event": last.kind.value, "at": to_text(last.at), **evidence}, step
    )
