"""A job that is not due yet, or that will be retried by itself."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, step_with, tell_error


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a scheduled or retrying job whose due time lies ahead or is unknown."""
    age_s = facts.seconds_since(job.scheduled_at)
    when = "at an unknown time" if age_s is None else f"in {age(-age_s)}"
    evidence: dict[str, object] = {"attempts": job.attempts, "max_attempts": job.max_attempts}
    if job.scheduled_at is not None:
        evidence["scheduled_at"] = to_text(job.scheduled_at)
    step = step_with("wait", "or run it now", Verb.RETRY, job, facts)
    if job.state is State.RETRYING:
        of = "" if job.max_attempts is None else f" of {job.max_attempts}"
        evidence |= tell_error(job)
        which = "" if job.attempts is None else f": attempt {job.attempts + 1}{of}"
        summary = f"will retry {when}{which}"
        return Verdict(Code.WILL_RETRY, Severity.INFO, summary, evidence, step)
    return Verdict(Code.NOT_DUE, Severity.OK, f"due {when}", evidence, step)
