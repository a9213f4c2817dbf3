"""The contract of what was: sums over a span of time, for charts, learned limits and alarms."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from queuetui.model.histories import By, Durations, FailureGroup, RunMinute, Tally
from queuetui.model.measured import Measured


class Histories(Protocol):
    """Reads sums; each is bounded, and says how far it looked where that is not all."""

    def tallies(self, span_s: float, by: By) -> Measured[tuple[Tally, ...]]:
        """Return what was done in the last `span_s` seconds, the busiest name first.

        Absent where the store does not tell.
        """
        ...

    def durations(self, span_s: float, by: By) -> Measured[tuple[Durations, ...]]:
        """Return how long the runs took that completed in the last `span_s` seconds.

        The most frequent name comes first.
        """
        ...

    def usual_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return how long runs usually take by type, at little cost.

        They come from a histogram, or from the newest runs that completed.
        """
        ...

    def spread_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return how long the runs of each type took over a long span, from parts that lie all over it.

        Absent where no tally is kept: `durations` tells all that is known.
        """
        ...

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return what ended from a minute on, by minute, queue and type; nothing where no tally is kept."""
        ...

    def failure_groups(self, back: float | datetime, limit: int = 20) -> Measured[tuple[FailureGroup, ...]]:
        """Return the dead letters of the last `back` seconds, or since that time, by type and error.

        The largest group comes first.
        """
        ...
