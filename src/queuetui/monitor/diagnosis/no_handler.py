"""Workers listen to the queue of a job, and none of them has a handler for its type."""

from __future__ import annotations

from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.limits import LONGEST_GIVEN_BACK_S
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name, worker_name

_MOST_NAMED = 5


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a waiting job; needs workers that tell which types they know.

    The job is not stuck: a worker gives it back, with a growing delay, and fails it after `--unknown-after`.
    The verdict is critical once the job is older than the overdue limit and no worker of its queue was started in that time: then no
    deployment is under way that could bring the handler. Giving a job back overwrites its due time, so its age counts from its
    creation; a job that was scheduled for later and that no worker has claimed yet is not late.
    """
    listeners = facts.listeners(job.queue.raw)
    if not listeners or any(worker.may_know(job.type.raw) for worker in listeners):
        return None
    there_s = facts.seconds_since(job.created_at or job.scheduled_at) or 0.0
    limit_s = facts.limits.overdue_limit_s(job.queue.raw, job.type.raw)
    newest_s = _newest_up_s(listeners, facts)
    evidence: dict[str, object] = {
        "queue": name(job.queue),
        "type": name(job.type),
        "there_s": round(there_s, 3),
        "listeners": [worker_name(one) for one in listeners[:_MOST_NAMED]],
        "they_know": _known(listeners),
    }
    severity, since = Severity.WARNING, ""
    if newest_s is not None and min(there_s, newest_s) > limit_s and not waits_for_its_time(job, facts):
        severity, since = Severity.CRITICAL, f", and no worker of the queue was started for {age(newest_s)}"
        evidence |= {"newest_listener_up_s": round(newest_s), "limit_s": limit_s}
    return Verdict(
        Code.NO_HANDLER,
        severity,
        f"{counted(len(listeners), 'live worker')} on {name(job.queue)}, none has a handler for {name(job.type)}: "
        f"there for {age(there_s)}{since}",
        evidence,
        f"start a worker whose application declares it: {command('worker', '--app', 'MODULE', way=facts.access.working)}",
    )


def waits_for_its_time(job: Job, facts: Facts) -> bool:
    """Tell whether a job waits for its own due time, not for the delay after a worker gave it back."""
    wait_s = facts.wait_s(job)
    is_untouched = job.updated_at is None or job.updated_at == job.created_at
    return wait_s <= -LONGEST_GIVEN_BACK_S or (wait_s < 0 and is_untouched)


def _newest_up_s(listeners: tuple[WorkerInfo, ...], facts: Facts) -> float | None:
    """Return for how long the newest of the workers has been running, None if one of them does not tell."""
    known = [one.up_s(facts.now) for one in listeners]
    return None if None in known else min(up_s for up_s in known if up_s is not None)


def _known(listeners: tuple[WorkerInfo, ...]) -> list[str]:
    """Return some types that the workers know, taken from all of them in turn."""
    most = max(len(one.types) for one in listeners)
    every = [one.types[place] for place in range(most) for one in listeners if place < len(one.types)]
    return list(dict.fromkeys(str(name(one)) for one in every))[:_MOST_NAMED]
