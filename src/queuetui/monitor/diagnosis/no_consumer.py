"""Nobody listens to the queue of a job that has been due for longer than the limit."""

from __future__ import annotations

from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.stuck import due_since, is_unheard
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, name, start_worker


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a waiting job of a queue that is not paused; needs a backend that stores its workers."""
    due_s = facts.seconds_since(due_since(job))
    queue = job.queue.raw
    known = facts.queues.get(queue)
    if not facts.capabilities.workers or due_s is None:
        return None
    if (known is not None and known.is_paused) or not is_unheard(job, facts.now, facts.limits, facts.unconsumed):
        return None
    return Verdict(
        Code.NO_CONSUMER,
        Severity.CRITICAL,
        f"nobody listens to {name(job.queue)}: due {age(due_s)}, {counted(len(facts.workers), 'worker')} registered, no live one for it",
        {
            "queue": name(job.queue),
            "due_s": round(due_s, 3),
            "workers": len(facts.workers),
            "limit_s": facts.limits.stuck_after_s,
        },
        start_worker(job.queue, facts),
    )
