"""Recent rates, ratios and averages: one definition for every place that shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

RATE_MINUTES = 5
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TallyMinute:
    """The counts of one minute, over all queues and types or in one queue.

    `busy_s` is the time of the `runs` that ended and were measured.
    """

    minute: datetime
    enqueued: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    busy_s: float = 0.0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class RecentRuns:
    """The runs that ended in the last RATE_MINUTES whole minutes and in the current one.

    `done_per_minute` counts completed jobs, by whole minutes alone; `failed_in_hour` those that failed in the last hour.
    """

    done_per_minute: float = 0.0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    runs: int = 0
    busy_s: float = 0.0
    enqueued: int = 0
    failed_in_hour: int = 0

    @property
    def error_rate(self) -> float | None:
        """The share of failed jobs among those that ended for good, 0 to 1; None where none ended."""
        return _ratio(self.failed, self.completed + self.failed)

    @property
    def retry_rate(self) -> float | None:
        """The share of runs that ended in another attempt, 0 to 1; None where none ended."""
        return _ratio(self.retried + self.lost, self.completed + self.failed + self.retried + self.lost)

    @property
    def average_s(self) -> float | None:
        """The average duration of ended runs; None where none ended."""
        return self.busy_s / self.runs if self.runs else None


def recent_runs(tally: Sequence[TallyMinute], now: datetime, first: datetime | None) -> RecentRuns:
    """Return the recent runs of a tally.

    `first` is the first minute that the store's tally knows, of any queue: the time before it does not count. Until a whole minute
    is known, the rate is the count of the running one.
    """
    this, since = now.replace(second=0, microsecond=0), moving_since(now)
    lately = [one for one in tally if one.minute >= since]
    return RecentRuns(
        _done_per_minute({one.minute: one.completed for one in lately}, this, max(since, first or since)),
        sum(one.completed for one in lately),
        sum(one.failed for one in lately),
        sum(one.retried for one in lately),
        sum(one.lost for one in lately),
        sum(one.runs for one in lately),
        sum(one.busy_s for one in lately),
        sum(one.enqueued for one in lately),
        sum(one.failed for one in tally if one.minute > now - _HOUR),
    )


def moving_since(now: datetime) -> datetime:
    """Return the minute since which a queue must have begun or ended a run to count as moving."""
    return now.replace(second=0, microsecond=0) - timedelta(minutes=RATE_MINUTES)


def recent_in_all(tally: Sequence[TallyMinute], now: datetime) -> RecentRuns:
    """Return the recent runs over all queues."""
    return recent_runs(tally, now, min((one.minute for one in tally), default=None))


def _done_per_minute(completed: Mapping[datetime, int], this: datetime, since: datetime) -> float:
    minutes = (this - since) / timedelta(minutes=1)
    if minutes < 1:
        return float(completed.get(this, 0))
    return sum(count for minute, count in completed.items() if since <= minute < this) / minutes


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
