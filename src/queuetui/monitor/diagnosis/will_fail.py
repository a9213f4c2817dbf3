"""A waiting job that its next worker will fail without running it."""

from __future__ import annotations

from queuetui.model.act import NO_DEADLINE, Verb
from queuetui.model.clock import to_text
from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import act_on, age, tell_error

_ANEW = "enqueue it anew in the application"


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a waiting job of another product that is past its deadline or has no attempt left."""
    if facts.capabilities.native:
        return None
    may_retry = Verb.RETRY in facts.capabilities.applies
    evidence: dict[str, object] = {"attempts": job.attempts, "max_attempts": job.max_attempts}
    evidence |= tell_error(job)
    if job.expired_at is not None:
        evidence["retry_until"] = to_text(job.expired_at)
        past_s = facts.seconds_since(job.expired_at) or 0.0
        summary = f"its retryUntil was {age(past_s)} ago: the worker that takes it fails it without running it"
        step = f"let it run: {let_run(job, facts)}" if may_retry else _ANEW
        return Verdict(Code.DEADLINE_PAST, Severity.WARNING, summary, evidence, step)
    if not job.is_used_up or job.max_attempts is None:
        return None
    used = "its 1 attempt is" if job.max_attempts == 1 else f"its {job.max_attempts:,} attempts are"
    summary = f"{used} used up: the worker that takes it fails it without running it"
    step = f"let it run with {counted(job.max_attempts, 'attempt')} anew: {act_on(Verb.RETRY, job, facts)}"
    return Verdict(Code.ATTEMPTS_USED_UP, Severity.WARNING, summary, evidence, step if may_retry else _ANEW)


def let_run(job: Job, facts: Facts) -> str:
    """Return the command that retries a job past its deadline with the deadline removed."""
    return act_on(Verb.RETRY, job, facts, "--retry-until", NO_DEADLINE)
