"""More dead letters are kept in all queues together than the alarm's limit, and in no single one."""

from __future__ import annotations

from queuetui.model.measured import add_counts
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import command, number


def judge(facts: Facts) -> Verdict | None:
    """Judge all queues together, unless one of them alone is over the limit and has its own verdict."""
    limit = facts.limits.alarms.dead_letters
    counts = [queue.counts[State.FAILED] for queue in facts.queues.values() if State.FAILED in queue.counts]
    added = add_counts(counts)
    total = added.value
    if total is None or total <= limit or any((count.value or 0) > limit for count in counts):
        return None
    return Verdict(
        Code.DEAD_LETTERS_OVER,
        Severity.WARNING,
        f"{number(added)} dead letters are kept in all queues; the limit is {limit:,}",
        {"failed": total, "queues": len(counts), "limit": limit},
        command("failures", way=facts.access.reading),
    )
