"""More jobs of a queue have failed for good than the alarm's limits allow."""

from __future__ import annotations

from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import list_jobs, name, number


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue by its dead letters of the last hour, if a tally is kept, and by all kept ones."""
    limits, kept = facts.limits.alarms, queue.counts.get(State.FAILED)
    total, lately = (None if kept is None else kept.value), (0 if queue.recent is None else queue.recent.failed_in_hour)
    evidence: dict[str, object] = {"failed": total, "failed_in_hour": lately}
    if lately > limits.dead_letters_in_hour:
        story, limit = f"{lately:,} jobs of {name(queue.name)} failed in the last hour", limits.dead_letters_in_hour
    elif kept is not None and total is not None and total > limits.dead_letters:
        story, limit = f"{number(kept)} dead letters are kept in {name(queue.name)}", limits.dead_letters
    else:
        return None
    step = list_jobs(queue.name, "state:failed", facts)
    return Verdict(
        Code.DEAD_LETTERS_OVER,
        Severity.WARNING,
        f"{story}; the limit is {limit:,}",
        {**evidence, "limit": limit},
        step,
    )
