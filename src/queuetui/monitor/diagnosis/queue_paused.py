"""The queue of a waiting job is paused."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, name, resume


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a due job."""
    queue = facts.queues.get(job.queue.raw)
    if queue is not None and queue.suspended_by:
        summary = f"all queues are suspended by {queue.suspended_by}: workers take no job"
        evidence = {"queue": name(job.queue), "suspended_by": queue.suspended_by}
        return Verdict(
            Code.QUEUE_PAUSED,
            Severity.WARNING,
            summary,
            evidence,
            f"resume it by {facts.capabilities.label}'s own command",
        )
    if queue is None or not queue.is_paused:
        return None
    if queue.paused_at is None:
        return _held(job, facts)
    paused_s = facts.seconds_since(queue.paused_at) or 0.0
    by = "" if queue.paused_by is None else f" by {name(queue.paused_by)}"
    return Verdict(
        Code.QUEUE_PAUSED,
        Severity.WARNING,
        f"queue {name(job.queue)} was paused {age(paused_s)} ago{by}",
        {"queue": name(job.queue), "paused_at": to_text(queue.paused_at), "paused_by": name(queue.paused_by)},
        f"resume it: {resume(job.queue, facts)}",
    )


def _held(job: Job, facts: Facts) -> Verdict:
    """Return the verdict for a queue whose product does not keep the time of the pause."""
    label = facts.capabilities.label
    way = f" in {label}" if facts.capabilities.why_not(Verb.RESUME) else f": {resume(job.queue, facts)}"
    return Verdict(
        Code.QUEUE_PAUSED,
        Severity.WARNING,
        f"queue {name(job.queue)} is paused; {label} does not keep since when",
        {"queue": name(job.queue)},
        f"resume it{way}",
    )
