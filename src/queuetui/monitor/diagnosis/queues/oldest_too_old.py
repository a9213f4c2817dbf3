"""The longest-due job of a queue has waited for longer than the alarm's limit."""

from __future__ import annotations

from queuetui.model.snapshot import QueueInfo
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, limit, list_jobs, name


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue that is not paused."""
    due_s, limit_s = facts.seconds_since(queue.oldest_due_at), facts.limits.alarms.oldest_s
    if due_s is None or due_s <= limit_s or queue.is_paused:
        return None
    evidence: dict[str, object] = {"oldest_s": round(due_s, 3), "limit_s": limit_s}
    if queue.recent is not None:
        evidence["done_per_minute"] = queue.recent.done_per_minute
    # In our own queue the oldest due job may still be in the state scheduled or retrying.
    waiting = "pending,scheduled,retrying" if facts.capabilities.native else "pending"
    return Verdict(
        Code.OLDEST_TOO_OLD,
        Severity.WARNING,
        f"the oldest due job of {name(queue.name)} has waited {age(due_s)}; the limit is {limit(limit_s)}",
        evidence,
        list_jobs(queue.name, f"state:{waiting} sort:scheduled", facts),
    )
