"""Jobs of a queue are due and no live worker listens to it."""

from __future__ import annotations

from queuetui.model.snapshot import QueueInfo
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import age, name, start_worker


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue that is not paused; needs a backend that stores its workers."""
    due_s = facts.seconds_since(queue.oldest_due_at)
    if not facts.capabilities.workers or due_s is None or queue.name.raw not in facts.unconsumed or queue.is_paused:
        return None
    if due_s <= facts.limits.stuck_after_s:
        return None
    return Verdict(
        Code.NO_CONSUMER,
        Severity.CRITICAL,
        f"nobody listens to {name(queue.name)}: its oldest job is due for {age(due_s)}",
        {"oldest_s": round(due_s, 3), "limit_s": facts.limits.stuck_after_s, "workers": len(facts.workers)},
        start_worker(queue.name, facts),
    )
