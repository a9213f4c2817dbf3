"""A job that waits because a transaction holds its row locked, or because another job has not ended."""

from __future__ import annotations

from queuetui.model.counted import counted
from queuetui.model.job import Job
from queuetui.model.text import sanitize
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, command, name

# A shorter lock is no finding: workers lock the rows that they claim for a moment.
LEAST_S = 5.0
_MOST_NAMED = 5
# Ids are shown whole up to this length, since a cut one finds no job.
_ID_CAP = 120


def judge_lock(_: Job, facts: Facts) -> Verdict | None:
    """Judge a due job by the lock that was read for its row."""
    lock = facts.lock
    if lock is None:
        return None
    held_s = facts.seconds_since(lock.since)
    if held_s is not None and held_s < LEAST_S:
        return None
    evidence: dict[str, object] = {
        "pid": lock.pid,
        "user": None if lock.user is None else name(lock.user),
        "application": None if lock.application is None else name(lock.application),
        "session": None if lock.state is None else name(lock.state),
        "held_s": None if held_s is None else round(held_s, 3),
    }
    who = "another session" if lock.pid is None else f"pid {lock.pid}"
    told = ", ".join(str(name(one)) for one in (lock.application, lock.state) if one is not None)
    since = "" if held_s is None else f" for {age(held_s)}"
    return Verdict(
        Code.BLOCKED_BY,
        Severity.WARNING,
        f"{who}{f' ({told})' if told else ''} holds its row locked{since}, so workers pass it over",
        evidence,
        f"end that transaction; see its session: {command('database', way=facts.access.reading)}",
    )


def judge_dependency(job: Job, facts: Facts) -> Verdict | None:
    """Judge a job for which the store names the jobs that it waits for."""
    if not job.waits_for:
        return None
    first, more = job.waits_for[0], len(job.waits_for) - 1
    rest = f" and {counted(more, 'other job')}" if more else ""
    return Verdict(
        Code.BLOCKED_BY,
        Severity.INFO,
        f"{facts.capabilities.label} holds it back until job {sanitize(first, _ID_CAP)}{rest} has ended",
        {"queue": name(job.queue), "waits_for": [sanitize(one, _ID_CAP) for one in job.waits_for[:_MOST_NAMED]]},
        f"see that one: {command('why', names=[first], way=facts.access.reading)}",
    )
