"""More jobs enter a queue than its workers end, so that its backlog grows."""

from __future__ import annotations

from queuetui.model.rates import RATE_MINUTES
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from queuetui.model.verdict import Code, Severity, Verdict
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.diagnosis.words import name, number, start_worker

# A smaller growth is no trend.
_LEAST_GROWTH = 20
_LEAST_SHARE = 0.2


def judge(queue: QueueInfo, facts: Facts) -> Verdict | None:
    """Judge a queue that has a tally.

    Jobs scheduled for later are counted as entering too, so the growth is never more than the jobs that wait now.
    """
    runs, waiting = queue.recent, queue.counts.get(State.PENDING)
    if runs is None or waiting is None or queue.oldest_due_at is None or queue.is_paused:
        return None
    ended = runs.completed + runs.failed
    growth = min(runs.enqueued - ended, waiting.value or 0)
    if growth < max(_LEAST_GROWTH, _LEAST_SHARE * runs.enqueued):
        return None
    return Verdict(
        Code.BACKLOG_GROWING,
        Severity.WARNING,
        f"{name(queue.name)} grows: {runs.enqueued:,} came and {ended:,} ended in the last {RATE_MINUTES} minutes,"
        f" {number(waiting)} {'job waits' if waiting.value == 1 else 'jobs wait'}",
        {"enqueued": runs.enqueued, "ended": ended, "pending": waiting.value, "minutes": RATE_MINUTES},
        start_worker(queue.name, facts),
    )
