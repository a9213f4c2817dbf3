"""A time that should be past is in the future by the store's clock."""

from __future__ import annotations

from queuetui.model.clock import to_text
from queuetui.model.job import Job
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import command, span, worker_name

# Clocks that NTP synchronizes differ by far less.
APART_S = 5.0
_PAST = ("created_at", "claimed_at", "started_at", "completed_at")
_STEP = "compare the clocks and time zones of its hosts and its server"


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a job in any state by the stored times of its past steps."""
    found = [(at, named) for named in _PAST if (at := getattr(job, named)) is not None]
    latest, named = max(found, default=(facts.now, ""))
    ahead_s = (latest - facts.now).total_seconds()
    if ahead_s <= APART_S:
        return None
    return Verdict(
        Code.CLOCK_SKEW,
        Severity.WARNING,
        f"{named.removesuffix('_at')} {span(ahead_s)} from now by the store's clock, so its ages and limits are wrong by as much",
        {named: to_text(latest), "now": to_text(facts.now), "ahead_s": round(ahead_s, 3)},
        f"{_STEP}: {command('doctor', way=facts.access.reading)}",
    )


def judge_worker(worker: WorkerInfo, facts: Facts) -> Verdict | None:
    """Judge a worker by the time of its last heartbeat, which its own clock may have written."""
    ahead_s = (worker.beat_at - facts.now).total_seconds()
    if ahead_s <= APART_S:
        return None
    return Verdict(
        Code.CLOCK_SKEW,
        Severity.WARNING,
        f"{worker_name(worker)} has beaten {span(ahead_s)} from now by the store's clock, so it looks live for longer than it is",
        {"beat_at": to_text(worker.beat_at), "now": to_text(facts.now), "ahead_s": round(ahead_s, 3)},
        f"{_STEP}: {command('doctor', way=facts.access.reading)}",
    )
