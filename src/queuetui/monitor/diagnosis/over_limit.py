"""A run that has lasted longer than its limit."""

from __future__ import annotations

from queuetui.model.act import NO_DEADLINE, Verb
from queuetui.model.capabilities import Liveness
from queuetui.model.job import Job
from queuetui.model.stuck import is_over_limit, runs_since
from queuetui.model.verdict import LEARNED, Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import act_on, age, limit, name, step_with, worker_name


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a processing job.

    The verdict is `hung` if its worker is known to be alive, `over_limit` if the store does not tell.
    """
    is_dated = facts.capabilities.liveness is Liveness.DEADLINE
    if is_dated and job.lease_until is not None:
        # The store has a deadline for this run and gives it up then, so the limit does not apply.
        return None
    running_s = facts.seconds_since(runs_since(job))
    limit_s = facts.limits.run_limit_s(job.queue.raw, job.type.raw)
    if running_s is None or not is_over_limit(job, facts.now, facts.limits):
        return None
    evidence: dict[str, object] = {
        "running_s": round(running_s, 3),
        "limit_s": limit_s,
        LEARNED: facts.judged_by(job),
    }
    if facts.capabilities.liveness is not Liveness.NONE and not is_dated:
        holder = facts.holder(job)
        who = name(job.worker) if holder is None else worker_name(holder)
        evidence["worker"] = who
        summary = f"running {age(running_s)}, limit {limit(limit_s)}; worker {who} still beats"
        can_cancel = facts.capabilities.fits(Verb.CANCEL, job.state)
        step = act_on(Verb.CANCEL, job, facts) if can_cancel else "look at that worker, and end the run there"
        return Verdict(Code.HUNG, Severity.CRITICAL, summary, evidence, step)
    summary = f"taken {age(running_s)} ago, limit {limit(limit_s)}; this store keeps no liveness of this run, so it may still go on"
    until = () if job.expired_at is None else ("--retry-until", NO_DEADLINE)
    step = step_with("check its worker", "then", Verb.RELEASE, job, facts, *until)
    if job.expired_at is not None or job.is_used_up:
        summary += "; another worker that takes it fails it without running it"
    return Verdict(Code.OVER_LIMIT, Severity.CRITICAL, summary, evidence, step)
