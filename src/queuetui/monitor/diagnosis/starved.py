"""A job that has been due for long, because jobs of a higher priority are claimed before it."""

from __future__ import annotations

import math

from queuetui.model.job import Job
from queuetui.model.measured import Exactness
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import name, span, start_worker, waits


def judge(job: Job, facts: Facts) -> Verdict | None:
    """Judge a due job for which the progress of its queue was read; needs live workers.

    The verdict is critical once the job has been due for longer than the overdue limit, and its turn is further away than this limit.
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
    # If the oldest worker started within the window, the rate is taken over the time since then.
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
    """Return the time until the job's turn at the rate of the window, 0 if unknown, and that in words."""
    if ended is None:
        return 0.0, "how many of the queue ended lately could not be read"
    if not ended:
        return math.inf, f"none ended in {span(window_s)}"
    turn_in_s = above * window_s / ended
    return turn_in_s, f"at the rate of the last {span(window_s)} its turn comes in {span(turn_in_s)}"
