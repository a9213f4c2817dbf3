"""Rates and averages from the tally; past minutes are read once and cached."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from queuetui.backends.forks import ForkLock
from queuetui.model.measured import Measured, absent
from queuetui.model.rates import RecentRuns, TallyMinute, recent_runs

MICROSECONDS = 1_000_000
_COUNTED = ("enqueued", "started", "completed", "failed", "retried", "lost", "runs")
_MINUTE = timedelta(minutes=1)
_REMEMBERED_MINUTES = 24 * 60
Minutes = Mapping[datetime, Mapping[str, int]]


@dataclass(frozen=True)
class Figures:
    """The sums of the tally over the last `span` minutes; each count is of one figure and one queue."""

    now: datetime
    span: int
    minutes: Minutes

    @cached_property
    def sums(self) -> Counter[str]:
        """Each count, summed over all minutes."""
        total: Counter[str] = Counter()
        for one in self.minutes.values():
            total.update(one)
        return total

    def by_minute(self) -> tuple[TallyMinute, ...]:
        """Return the counts of each minute over all queues."""
        return tuple(_to_minute(minute, counts) for minute, counts in sorted(self.minutes.items()))

    def average(self) -> Measured[float]:
        """Return the average duration of a run over all queues."""
        sums = _over_queues(self.sums)
        if not sums["runs"]:
            return absent(f"nothing has run in the last {self.span} minutes")
        return Measured(sums["busy_us"] / MICROSECONDS / sums["runs"], as_of=self.now)

    def average_of(self, queue: str) -> float | None:
        """Return the average duration of a queue's runs, None before the first one."""
        runs = self.sums[f"runs:{queue}"]
        return self.sums[f"busy_us:{queue}"] / MICROSECONDS / runs if runs else None

    def recent(self, queue: str) -> RecentRuns:
        """Return the runs of a queue that ended in the last minutes."""
        tally = [_to_minute(minute, _of_queue(counts, queue)) for minute, counts in self.minutes.items()]
        return recent_runs(tally, self.now, min(self.minutes, default=None))


@dataclass(slots=True)
class TallyShelf:
    """Caches past minutes: all minutes from `_from` to `_to` have been read."""

    _known: dict[datetime, Mapping[str, int]] = field(default_factory=dict)
    _from: datetime | None = None
    _to: datetime | None = None
    _guard: ForkLock = field(default_factory=ForkLock)

    def first_unknown(self, span: int) -> datetime | None:
        """Return the first minute to be read for the last `span` minutes, None when all must be read."""
        with self._guard:
            if self._from is None or self._to is None or self._from > _first_of(self._to, span):
                return None
            return self._to

    def add(self, now: datetime, span: int, read: Minutes, since: datetime | None) -> Figures:
        """Cache the minutes read from `since` on, and return the figures of the last `span` minutes."""
        this_minute = now.replace(second=0, microsecond=0)
        first = _first_of(this_minute, span)
        with self._guard:
            if since is None or self._from is None:
                self._known.clear()
                self._from = first
            self._known.update(read)
            self._from = max(self._from, _first_of(this_minute, _REMEMBERED_MINUTES))
            self._to = this_minute
            for minute in [one for one in self._known if one < self._from]:
                del self._known[minute]
            chosen = {minute: counts for minute, counts in self._known.items() if minute >= first}
        return Figures(now, span, chosen)


def _first_of(last: datetime, span: int) -> datetime:
    return last - (span - 1) * _MINUTE


def _to_minute(minute: datetime, counts: Mapping[str, int]) -> TallyMinute:
    sums = _over_queues(counts)
    return TallyMinute(minute, **{name: sums[name] for name in _COUNTED}, busy_s=sums["busy_us"] / MICROSECONDS)


def _over_queues(counts: Mapping[str, int]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for name, count in counts.items():
        sums[name.partition(":")[0]] += count
    return sums


def _of_queue(counts: Mapping[str, int], queue: str) -> dict[str, int]:
    return {name: counts[key] for name in (*_COUNTED, "busy_us") if (key := f"{name}:{queue}") in counts}
