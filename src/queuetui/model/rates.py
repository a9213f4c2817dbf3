"""How many jobs are done a minute: one definition for every place that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from queuetui.model.snapshot import TallyMinute

RATE_MINUTES = 5


def done_per_minute(completed: Mapping[datetime, int], now: datetime, first: datetime | None) -> float:
    """Return completed jobs a minute over the last RATE_MINUTES whole minutes.

    `first` is the first minute that the store's tally knows, of any queue: the time before it does not count. Until a whole minute
    is known, it is the count of the running one.
    """
    this = now.replace(second=0, microsecond=0)
    since = this - timedelta(minutes=RATE_MINUTES)
    since = since if first is None else max(since, first)
    minutes = (this - since) / timedelta(minutes=1)
    if minutes < 1:
        return float(completed.get(this, 0))
    return sum(count for minute, count in completed.items() if since <= minute < this) / minutes


def done_in_all(tally: Sequence[TallyMinute], now: datetime) -> float:
    """Return completed jobs a minute over all queues."""
    completed = {one.minute: one.completed for one in tally}
    return done_per_minute(completed, now, min(completed, default=None))
