"""Rates and series out of the tally."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from queuetui.model.snapshot import TallyMinute

RATE_MINUTES = 5


def done_per_minute(tally: Sequence[TallyMinute], now: datetime) -> float:
    """Return completed jobs a minute over the last RATE_MINUTES whole minutes; in the first minute, that minute's own count."""
    this = now.replace(second=0, microsecond=0)
    first = this - timedelta(minutes=RATE_MINUTES)
    whole = [minute for minute in tally if first <= minute.minute < this]
    if not whole:
        return float(sum(minute.completed for minute in tally if minute.minute == this))
    span = (this - min(minute.minute for minute in whole)) / timedelta(minutes=1)
    return sum(minute.completed for minute in whole) / span


def completed_series(tally: Sequence[TallyMinute], now: datetime, minutes: int = 60) -> list[int]:
    """Return the completed jobs of each of the last minutes, oldest first, this minute last; minutes without a row are 0."""
    this = now.replace(second=0, microsecond=0)
    by_minute = {minute.minute: minute.completed for minute in tally}
    return [by_minute.get(this - timedelta(minutes=back), 0) for back in range(minutes - 1, -1, -1)]
