"""A run within its limit."""

from __future__ import annotations

from queuetui.model.job import Job
from queuetui.model.stuck import runs_since
from queuetui.model.verdict import LEARNED, Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age

_UNDATED = "nothing tells whether its worker is alive: look there"


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a processing job that no graver rule explains."""
    running_s = facts.seconds_since(runs_since(job))
    evidence: dict[str, object] = {
        "running_s": None if running_s is None else round(running_s, 3),
        "limit_s": facts.limits.run_limit_s(job.queue.raw, job.type.raw),
        LEARNED: facts.judged_by(job),
    }
    asked_s = facts.seconds_since(job.cancel_requested_at)
    if asked_s is not None:
        evidence["cancel_requested_s"] = round(asked_s, 3)
        summary = f"cancel was asked for {age(asked_s)} ago; the worker ends it when its handler looks"
        return Verdict(Code.CANCEL_REQUESTED, Severity.INFO, summary, evidence, "wait for its worker")
    if running_s is None:
        return Verdict(Code.HEALTHY, Severity.OK, "running; since when is not stored", evidence, _UNDATED)
    return Verdict(Code.HEALTHY, Severity.OK, f"running {age(running_s)}", evidence, "none needed")
