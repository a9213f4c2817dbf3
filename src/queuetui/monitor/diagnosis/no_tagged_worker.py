"""Workers listen to the queue of a due job, and none of them has all the tags that the job needs."""

from __future__ import annotations

from queuetui.model.command import COMMAND_TAG
from queuetui.model.job import Job
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import name, start_worker, waits


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a pending job; the verdict is graver once the job has been due for longer than the limit."""
    if not job.needs or not facts.capabilities.workers:
        return None
    needed = {tag.raw for tag in job.needs}
    listeners = facts.listeners(job.queue.raw)
    if any(needed <= {tag.raw for tag in worker.tags} for worker in listeners):
        return None
    wait_s = facts.wait_s(job)
    tags = ", ".join(name(tag) for tag in job.needs)
    options = [word for tag in job.needs for word in _option(tag)]
    return Verdict(
        Code.NO_TAGGED_WORKER,
        Severity.WARNING if wait_s > facts.limits.stuck_after_s else Severity.INFO,
        f"no live worker on {name(job.queue)} has all the tags that it needs ({tags}): {waits(job, wait_s)}",
        {
            "queue": name(job.queue),
            "due_s": round(wait_s, 3),
            "needs": [name(tag) for tag in job.needs],
            "listeners": len(listeners),
        },
        start_worker(job.queue, facts, *options),
    )


def _option(tag: Untrusted) -> tuple[Untrusted | str, ...]:
    """Return the command-line option that gives a worker a tag."""
    return ("--allow-command",) if tag.raw == COMMAND_TAG else ("--tag", tag)
