"""A due job that waits its turn."""

from __future__ import annotations

from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import all_slots, name, start_worker, waits


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a due job that no graver rule explains."""
    wait_s = facts.wait_s(job)
    listeners = facts.listeners(job.queue.raw)
    evidence: dict[str, object] = {"queue": name(job.queue), "due_s": round(wait_s, 3), "listeners": len(listeners)}
    if not facts.capabilities.workers:
        return _judge_blind(job, wait_s, facts, evidence)
    if not listeners:
        summary = f"{waits(job, wait_s)}; no live worker listens to {name(job.queue)} yet"
        return Verdict(Code.WAITING, Severity.INFO, summary, evidence, start_worker(job.queue, facts))
    slots, busy = facts.slots_for(job.queue.raw) or (None, None)
    evidence |= {"slots": slots, "busy": busy}
    if slots and busy is not None and busy >= slots:
        every, verb = all_slots(slots)
        whose = f"{every} of {counted(len(listeners), 'worker')} on {name(job.queue)}"
        summary = f"{whose} {verb} busy; {waits(job, wait_s)}"
        return Verdict(Code.ALL_SLOTS_BUSY, Severity.INFO, summary, evidence, "wait, or start another worker")
    listen = "1 worker listens" if len(listeners) == 1 else f"{len(listeners):,} workers listen"
    return Verdict(Code.WAITING, Severity.OK, f"{waits(job, wait_s)}; {listen}", evidence, "none needed")


def _judge_blind(job: Job, wait_s: float, facts: Facts, evidence: dict[str, object]) -> Verdict:
    late = wait_s > facts.limits.stuck_after_s
    summary = f"{waits(job, wait_s)}; this store does not record which workers listen to {name(job.queue)}"
    step = "check that a worker of this system runs for the queue" if late else "none needed"
    return Verdict(Code.WAITING, Severity.WARNING if late else Severity.OK, summary, evidence, step)
