"""The contract of histories: sums over a span of time, for charts, learned limits and alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from queuetui.model.histories import By, Durations, FailureGroup, RunMinute, Tally
from queuetui.model.measured import Measured


class Histories(Protocol):
    """Reads sums; each read is bounded, and says how far back it reached where that is not the whole span."""

    def tallies(self, span_s: float, by: By) -> Measured[tuple[Tally, ...]]:
        """Return the counts of jobs done in the last `span_s` seconds, the busiest name first.

        Absent where the store keeps no such counts.
        """
        ...

    def durations(self, span_s: float, by: By) -> Measured[tuple[Durations, ...]]:
        """Return the durations of runs that completed in the last `span_s` seconds.

        The most frequent name comes first.
        """
        ...

    def usual_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return the usual durations of runs by type, at little cost.

        They come from a histogram, or from the newest runs that completed.
        """
        ...

    def spread_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return the durations of runs by type over a long span, sampled from parts spread over it.

        Absent where no tally is kept: `durations` then returns all that is known.
        """
        ...

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return the runs that ended since a minute, by minute, queue and type; empty without a tally."""
        ...

    def failure_groups(self, back: float | datetime, limit: int = 20) -> Measured[tuple[FailureGroup, ...]]:
        """Return the dead letters of the last `back` seconds, or since that time, by type and error.

        The largest group comes first.
        """
        ...
