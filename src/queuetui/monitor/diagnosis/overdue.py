"""A job has been due for longer than its limit; the verdict tells the cause if it is known."""

from __future__ import annotations

from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.measured import Exactness, Measured
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.state import State
from queuetui.model.stuck import due_since, is_overdue
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts, QueueProgress
from queuetui.monitor.diagnosis.words import age, limit, name, number, start_worker


def judge(job: Job, facts: Facts, cause: Verdict) -> Verdict | None:
    """Judge a waiting job by the verdict of the other rules; a job of a paused queue is never overdue.

    In our own queue a job behind a backlog is not either: it is overdue only if no job of its queue is claimed though one could be.
    """
    if facts.capabilities.native and job.queue.raw not in facts.idle:
        return None
    due_at = due_since(job)
    if due_at is None or cause.code is Code.QUEUE_PAUSED or not is_overdue(job, facts.now, facts.limits):
        return None
    due_s = (facts.now - due_at).total_seconds()
    limit_s = facts.limits.overdue_limit_s(job.queue.raw, job.type.raw)
    evidence: dict[str, object] = {
        "queue": name(job.queue),
        "due_since": to_text(due_at),
        "due_s": round(due_s, 3),
        "limit_s": limit_s,
        **_of_queue(job, facts),
        **_of_progress(facts.progress),
    }
    step = start_worker(job.queue, facts)
    if cause.code is Code.WAITING:
        who = "" if facts.capabilities.workers else "; this system does not tell which workers run"
        summary = f"due {age(due_s)}, limit {limit(limit_s)}, and nothing has taken it{who}{_words(facts.progress)}"
        return Verdict(Code.OVERDUE, Severity.CRITICAL, summary, evidence, f"look whether its workers run; {step}")
    evidence["cause"] = cause.code.value
    summary = f"due {age(due_s)}, limit {limit(limit_s)}: {cause.summary}"
    return Verdict(Code.OVERDUE, Severity.CRITICAL, summary, evidence, cause.next)


def _of_queue(job: Job, facts: Facts) -> dict[str, object]:
    """Return the evidence about the queue: its listeners, its waiting and running jobs, its rate."""
    known: dict[str, object] = {}
    if facts.capabilities.workers:
        known["listeners"] = len(facts.listeners(job.queue.raw))
    queue = facts.queues.get(job.queue.raw)
    if queue is None:
        return known
    for word, state in (("pending", State.PENDING), ("processing", State.PROCESSING)):
        measured = queue.counts.get(state)
        if measured is not None and measured.value is not None:
            known[word] = measured.value
    if queue.oldest_due_at is not None:
        known["oldest_due_s"] = round((facts.now - queue.oldest_due_at).total_seconds(), 3)
    if queue.recent is not None:
        known["done_per_minute"] = queue.recent.done_per_minute
    return known


def _of_progress(progress: QueueProgress | None) -> dict[str, object]:
    if progress is None:
        return {}
    ended = "ended" if progress.tells_completed else "failed"
    known = {"ahead": progress.ahead, "running": progress.running, f"{ended}_in_{RATE_MINUTES}_minutes": progress.ended}
    return {name: one.value for name, one in known.items() if one is not None}


def _words(progress: QueueProgress | None) -> str:
    """Return the progress of the queue in words, as far as it was read."""
    if progress is None:
        return ""
    said = []
    if progress.ahead is not None:
        said.append(f"{_number(progress.ahead)} due before it")
    if progress.running is not None:
        said.append(f"{_number(progress.running) or 'none'} of its queue running")
    if progress.ended is not None:
        word = "ended" if progress.tells_completed else "failed (this system keeps no completed jobs)"
        said.append(f"{_number(progress.ended) or 'none'} {word} in the last {RATE_MINUTES} minutes")
    return f"; {', '.join(said)}" if said else ""


def _number(found: Measured[int]) -> int | str:
    """Return a count for a sentence, marked if it is not exact."""
    return (found.value or 0) if found.exactness is Exactness.EXACT else number(found)
