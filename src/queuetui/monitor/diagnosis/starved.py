"""Jobs of a higher priority go before a job that has been due for long."""

from __future__ import annotations

import math

from queuetui.model.job import Job
from queuetui.model.measured import Exactness
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import name, span, start_worker, waits


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a due job for which it was read what goes before it; needs workers that end something.

    It is critical once it is due for longer than a job may be, and its turn comes no sooner than after as long again.
    """
    progress, wait_s = facts.progress, facts.wait_s(job)
    listeners = facts.listeners(job.queue.raw)
    if progress is None or wait_s <= facts.limits.stuck_after_s or not listeners:
        return None
    above = 0 if progress.outranking is None else progress.outranking.value or 0
    if not above:
        return None
    least = "" if progress.outranking is None or progress.outranking.exactness is Exactness.EXACT else "+"
    ended = None if progress.ended is None else progress.ended.value
    # A queue that began lately has not had all of the window.
    known_s = [up_s for one in listeners if (up_s := one.up_s(facts.now)) is not None]
    oldest_s = max(known_s, default=math.inf)
    window_s = max(1.0, min(RATE_MINUTES * 60.0, oldest_s))
    limit_s = facts.limits.overdue_limit_s(job.queue.raw, job.type.raw)
    evidence: dict[str, object] = {
        "queue": name(job.queue),
        "due_s": round(wait_s, 3),
        "priority": job.priority,
        "higher_priority_first": above,
        "ended": ended,
        "window_s": round(window_s),
    }
    turn_in_s, left = _turn(above, ended, window_s)
    if ended:
        evidence["turn_in_s"] = round(turn_in_s)
    severity = Severity.WARNING
    if min(wait_s, turn_in_s) > limit_s:
        severity = Severity.CRITICAL
        evidence["limit_s"] = limit_s
    return Verdict(
        Code.STARVED,
        severity,
        f"{waits(job, wait_s)}; {above:,}{least} due jobs of a higher priority go first, {left}",
        evidence,
        start_worker(job.queue, facts),
    )


def _turn(above: int, ended: int | None, window_s: float) -> tuple[float, str]:
    """Return after how long its turn comes at the rate of a window, 0 where that is not known; and words."""
    if ended is None:
        return 0.0, "how many of the queue ended lately could not be read"
    if not ended:
        return math.inf, f"none ended in {span(window_s)}"
    turn_in_s = above * window_s / ended
    return turn_in_s, f"at the rate of the last {span(window_s)} its turn comes in {span(turn_in_s)}"
