"""All slots of a queue's workers are busy, jobs wait, and nothing has ended for a while."""

from __future__ import annotations

from queuetui.model.snapshot import QueueInfo
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import all_slots, limit, list_jobs, name


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue with due jobs; needs a tally, and workers that ran for the whole time."""
    runs, idle_s = queue.recent, facts.limits.alarms.idle_s
    if runs is None or queue.oldest_due_at is None or runs.completed + runs.failed + runs.retried:
        return None
    listeners = facts.listeners(queue.name.raw)
    slots, busy = facts.slots_for(queue.name.raw) or (0, 0)
    are_new = any((up_s := one.up_s(facts.now)) is not None and up_s < idle_s for one in listeners)
    if not slots or busy < slots or are_new:
        return None
    every, verb = all_slots(slots)
    return Verdict(
        Code.BUSY_BUT_DEAD,
        Severity.WARNING,
        f"{every} for {name(queue.name)} {verb} busy and nothing has ended for {limit(idle_s)} or more",
        {"slots": slots, "busy": busy, "workers": len(listeners), "ended": 0, "window_s": idle_s},
        list_jobs(queue.name, "state:processing sort:started", facts),
    )
