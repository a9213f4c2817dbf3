"""Sums over a past span of time.

Run times come from the tally's histogram where the jobs themselves are too many or gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.tables import tally
from queuetui.backends.native.sql.worker.tally import TOOK_COLUMNS
from queuetui.backends.reading.histories import PagedHistories
from queuetui.model.histories import Durations, RunMinute, summarise_steps
from queuetui.model.measured import Exactness, Measured
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

    from queuetui.backends.backend import Backend
    from queuetui.backends.native.sql.database import Database

# One type on one worker fills 1,440 rows a day.
MOST_MINUTES = 20_000
MOST_TYPES = 200
# No divisor of an hour or a day: runs that recur every hour are sampled neither always nor never.
MINUTES_APART = 31
_ENDED = ("completed", "failed", "retried", "lost")


class SqlHistories(PagedHistories):
    """The Histories of our own queue in a database."""

    def __init__(self, database: Database, backend: Backend) -> None:
        super().__init__(backend.inspector, database.options.limits)
        self._database = database

    def usual_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return the usual run times from the tally, to the precision of its histogram."""
        with open_reading(self._database, "reading how long runs take") as (connection, now):
            since = now - timedelta(seconds=span_s)
            newest = select(tally).where(tally.c.minute > since).order_by(tally.c.minute.desc())
            return _measure_types(connection, newest, now)

    def spread_runs(self, span_s: float) -> Measured[tuple[Durations, ...]]:
        """Return run times from sampled minutes over the whole span, from the tally."""
        with open_reading(self._database, "reading how long runs took") as (connection, now):
            last = now.replace(second=0, microsecond=0)
            minutes = [last - timedelta(minutes=ago) for ago in range(0, int(span_s // 60), MINUTES_APART)]
            return _measure_types(connection, select(tally).where(tally.c.minute.in_(minutes)), now)

    def run_minutes(self, since: datetime) -> tuple[RunMinute, ...]:
        """Return the runs that ended since a minute."""
        places = (tally.c.minute, tally.c.queue, tally.c.type)
        sums = [func.sum(tally.c[name]).label(name) for name in (*_ENDED, "busy_us", *TOOK_COLUMNS)]
        ended = select(*places, *sums).where(tally.c.minute >= since).group_by(*places)
        with open_reading(self._database, "reading what ended") as (connection, _):
            return tuple(map(_to_minute, connection.execute(ended)))


def _measure_types(connection: Connection, rows: Select[Any], now: datetime) -> Measured[tuple[Durations, ...]]:
    """Return the run times of each type in rows of the tally, the most frequent type first."""
    part = rows.limit(MOST_MINUTES).subquery()
    sums = [func.sum(part.c[name]).label(name) for name in TOOK_COLUMNS]
    summed = connection.execute(select(part.c.type, func.count(), *sums).group_by(part.c.type)).all()
    found = [(row[0], [max(0, int(count)) for count in row[2:]]) for row in summed]
    ranked = sorted((one for one in found if sum(one[1])), key=lambda one: (-sum(one[1]), one[0]))[:MOST_TYPES]
    is_cut = sum(row[1] for row in summed) >= MOST_MINUTES
    durations = tuple(summarise_histogram(name, counts) for name, counts in ranked)
    return Measured(durations, Exactness.CAPPED if is_cut else Exactness.ESTIMATED, now)


def _to_minute(row: Row[Any]) -> RunMinute:
    took = tuple(int(getattr(row, name)) for name in TOOK_COLUMNS)
    counts = {name: int(getattr(row, name)) for name in _ENDED}
    busy_s = int(row.busy_us) / 1e6
    return RunMinute(row.minute, Untrusted(row.queue), Untrusted(row.type), **counts, busy_s=busy_s, took=took)


def summarise_histogram(name: str, counts: Sequence[int]) -> Durations:
    """Return percentiles of run times from counts by step.

    `counts[n]` runs took less than 2^n ms; each percentile is the end of its step.
    """
    return summarise_steps(name, [(2**step / 1000, count) for step, count in enumerate(counts)])
