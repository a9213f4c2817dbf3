"""A job that has reached a final state."""

from __future__ import annotations

from queuetui.backends.native.ending_rules import POISON_PILL
from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.job import RECORD_ONLY, Job
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.will_fail import let_run
from queuetui.monitor.diagnosis.words import act_on, age, name, tell_error


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a completed, cancelled or failed job."""
    ended_s = facts.seconds_since(job.completed_at)
    ago = "" if ended_s is None else f" {age(ended_s)} ago"
    if job.state is not State.FAILED:
        return Verdict(Code.FINISHED, Severity.OK, f"{job.state.value}{ago}", {}, "none needed")
    evidence: dict[str, object] = {"attempts": job.attempts, "max_attempts": job.max_attempts, "lost": job.lost}
    evidence |= tell_error(job)
    if job.error is not None and job.error.class_name.raw == POISON_PILL:
        summary = f"quarantined{ago}: its worker was lost {counted(job.lost, 'time')} while running it"
        return Verdict(
            Code.POISON_PILL,
            Severity.CRITICAL,
            summary,
            evidence,
            f"mend the handler, then: {act_on(Verb.RETRY, job, facts)}",
        )
    what = None if job.error is None else job.error.class_name if job.error.class_name.raw else job.error.message
    why = "" if what is None or not what.raw.strip() else f" with {name(what)}"
    read = "look for its error in its worker's log" if job.error is None else "read the error"
    tries = "" if not job.attempts else f" after {counted(job.attempts, 'attempt')}"
    again = act_on(Verb.RETRY, job, facts) if job.expired_at is None else let_run(job, facts)
    step = f"{read}, then: {again}"
    if not facts.capabilities.fits(Verb.RETRY, State.FAILED) or RECORD_ONLY in job.remarks:
        step = f"{read}, then enqueue it anew in the application"
    return Verdict(Code.DEAD_LETTER, Severity.WARNING, f"gave up{ago}{tries}{why}", evidence, step)
