"""The hourly median run time of each job type, kept for stores that cannot tell a whole week."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import accumulate

from queuetui.model.histories import Durations
from queuetui.model.text import Untrusted
from queuetui.monitor.observations import Observations

_HOUR_S = 3600
_WEEK_HOURS = 7 * 24
# With fewer hours than this before the last one, no run time counts as usual.
LEAST_HOURS = 6
MOST_TYPES = 200
MOST_NAME_CHARS = 200
# The most rows of all stores together; beyond that no further hour is kept.
MOST_ROWS = 100_000


class KeptMedians:
    """The medians of one store, kept under its name."""

    def __init__(self, observations: Observations, store: str) -> None:
        self._observations = observations
        self._store = store

    def keep(self, recent: Mapping[str, Durations], at: datetime) -> None:
        """Keep the medians of the last hour, in place of those measured earlier in the same hour."""
        hour = _hour_of(at)
        most = sorted(recent.items(), key=lambda one: -one[1].runs)[:MOST_TYPES]
        rows = [(self._store, name, hour, one.runs, one.p50_s) for name, one in most if len(name) <= MOST_NAME_CHARS]
        with self._observations.changing() as tables:
            tables.execute("DELETE FROM type_median WHERE hour NOT BETWEEN ? AND ?", (hour - _WEEK_HOURS, hour))
            (kept,) = tables.execute("SELECT COUNT(*) FROM type_median").fetchone()
            if kept + len(rows) <= MOST_ROWS:
                tables.executemany("INSERT OR REPLACE INTO type_median VALUES (?, ?, ?, ?, ?)", rows)

    def usual(self, at: datetime) -> Mapping[str, Durations]:
        """Return the usual run times in the week before the last hour, of types with at least LEAST_HOURS."""
        asked = "SELECT type, p50_s, runs FROM type_median WHERE store = ? AND hour < ? ORDER BY type, p50_s"
        with self._observations.reading() as tables:
            # The medians of the previous clock hour are left out too: they may cover runs of the last sixty minutes.
            rows = tables.execute(asked, (self._store, _hour_of(at) - 1)).fetchall()
        hours = defaultdict[str, list[tuple[float, int]]](list)
        for job_type, p50_s, runs in rows:
            hours[job_type].append((p50_s, runs))
        return {name: _median_of(name, found) for name, found in hours.items() if len(found) >= LEAST_HOURS}


def _median_of(name: str, hours: list[tuple[float, int]]) -> Durations:
    """Return the median of hourly medians, given shortest first, each weighted by its number of runs."""
    reached = list(accumulate(runs for _, runs in hours))
    p50_s = hours[bisect_left(reached, (reached[-1] + 1) // 2)][0]
    longest_s = hours[-1][0]
    return Durations(Untrusted(name), reached[-1], p50_s, longest_s, longest_s, longest_s)


def _hour_of(at: datetime) -> int:
    return int(at.timestamp() // _HOUR_S)
