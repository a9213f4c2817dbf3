"""A queue stands still: its jobs are overdue, none of them runs and none has ended lately."""

from __future__ import annotations

from queuetui.model.snapshot import QueueInfo
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, limit, name, start_worker


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue that was seen standing still, unless it has no consumer: another rule tells that."""
    limit_s, due_s = facts.still.get(queue.name.raw), facts.seconds_since(queue.oldest_due_at)
    is_unheard = facts.capabilities.workers and queue.name.raw in facts.unconsumed
    if limit_s is None or due_s is None or due_s <= limit_s or is_unheard:
        return None
    return Verdict(
        Code.OVERDUE,
        Severity.CRITICAL,
        f"the oldest job of {name(queue.name)} is due {age(due_s)}, limit {limit(limit_s)}; none of the queue runs, and"
        f" none is known to have ended in the last {limit(limit_s)}",
        {"oldest_s": round(due_s, 3), "limit_s": limit_s, "running": 0},
        f"look whether its workers run; {start_worker(queue.name, facts)}",
    )
