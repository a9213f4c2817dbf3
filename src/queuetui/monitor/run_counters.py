"""Counters of the runs that ended since the first scrape: they never decrease, as Prometheus requires."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Lock

from queuetui.backends.run_notes import MOST_USAGE_TOTALS
from queuetui.model.histories import RunMinute
from queuetui.model.run_notes import UsageTotal
from queuetui.model.text import Untrusted
from queuetui.monitor.feed import Feed

# The tally of a minute may still grow for this long: a transaction counts in the minute of its start and commits up to 30 s later.
_OPEN = timedelta(minutes=2)
_MINUTE = timedelta(minutes=1)
# After this time, before the store deletes its usage rows, the sums begin anew, as after a restart.
_USAGE_KEPT = timedelta(days=6)
MOST_SERIES = 500
OTHER = Untrusted("other")
Place = tuple[Untrusted, Untrusted]


@dataclass(slots=True)
class RunCounters:
    """The sums by queue and type over the minutes before `_upto`, which no longer change.

    Later minutes are read anew each time. Beyond the first MOST_SERIES all queues and types are added up as `other`.
    """

    _over: dict[Place, RunMinute] = field(default_factory=dict)
    _upto: datetime | None = None
    _first: datetime | None = None
    _highest: dict[tuple[Untrusted, Untrusted, Untrusted], UsageTotal] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    def read(self, feed: Feed, now: datetime) -> tuple[RunMinute, ...]:
        """Return the sums since the first call; `now` is the time of the store's clock."""
        settled = now.replace(second=0, microsecond=0) - _OPEN
        with self._guard:
            upto = settled if self._upto is None else self._upto
            rows = feed.run_minutes(upto)
            self._add(self._over, (row for row in rows if row.minute < settled))
            self._upto = max(upto, settled)
            seen = dict(self._over)
            self._add(seen, (row for row in rows if row.minute >= settled))
            return tuple(seen.values())

    def read_usage(self, feed: Feed, now: datetime) -> tuple[UsageTotal, ...]:
        """Return the counters since the first call, or since the sums last began anew.

        If a new minute begins while the store is asked, it leaves out the first minute; so the highest sum of each is returned.
        """
        with self._guard:
            if self._first is None or now - self._first > _USAGE_KEPT:
                self._first = now
                self._highest.clear()
            span = now.replace(second=0, microsecond=0) - self._first.replace(second=0, microsecond=0)
            for one in feed.counted(span // _MINUTE + 1):
                self._keep_highest(one)
            return tuple(self._highest.values())

    def _keep_highest(self, read: UsageTotal) -> None:
        place = (read.queue, read.type, read.name)
        known = self._highest.get(place)
        if known is None and len(self._highest) >= MOST_USAGE_TOTALS:
            return
        if known is None or read.amount > known.amount:
            self._highest[place] = read

    def _add(self, sums: dict[Place, RunMinute], rows: Iterable[RunMinute]) -> None:
        for row in rows:
            place = (row.queue, row.type)
            if place not in sums and len(sums) >= MOST_SERIES:
                place = (OTHER, OTHER)
            known = sums.get(place)
            sums[place] = replace(row, queue=place[0], type=place[1]) if known is None else known.plus(row)
