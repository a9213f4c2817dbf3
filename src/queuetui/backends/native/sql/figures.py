"""Rates and averages out of the tally, read over the last minutes only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.engine import Row

from queuetui.backends.native.sql.tables import tally
from queuetui.backends.native.sql.tallying import TOOK_COLUMNS
from queuetui.model.measured import Measured, absent
from queuetui.model.rates import done_per_minute
from queuetui.model.snapshot import TallyMinute

MICROSECONDS = 1_000_000
_COUNTED = ("enqueued", "started", "completed", "failed", "retried", "lost", "busy_us")


@dataclass(frozen=True, slots=True)
class Figures:
    """What the tally says of the last `minutes`."""

    now: datetime
    minutes: int
    by_minute: tuple[TallyMinute, ...]
    average: Measured[float]
    average_of: Mapping[str, float]
    done_per_minute: Mapping[str, float]


def read_figures(connection: Connection, now: datetime, minutes: int) -> Figures:
    """Read the tally of the last minutes."""
    runs = func.sum(reduce(add, (tally.c[name] for name in TOOK_COLUMNS))).label("runs")
    sums = [func.sum(tally.c[name]).label(name) for name in _COUNTED]
    since = now - timedelta(minutes=minutes)
    query = select(tally.c.minute, tally.c.queue, runs, *sums).where(tally.c.minute > since)
    rows = connection.execute(query.group_by(tally.c.minute, tally.c.queue)).all()
    by_queue = _grouped(rows, "queue")
    averages = {name: _average(own) for name, own in by_queue.items()}
    overall, first = _average(rows), min((row.minute for row in rows), default=None)
    return Figures(
        now,
        minutes,
        tuple(_to_minute(minute, own) for minute, own in sorted(_grouped(rows, "minute").items())),
        absent(f"nothing has run in the last {minutes} minutes") if overall is None else Measured(overall, as_of=now),
        {name: average for name, average in averages.items() if average is not None},
        {name: done_per_minute(_completed(own), now, first) for name, own in by_queue.items()},
    )


def _grouped(rows: Iterable[Row[Any]], name: str) -> dict[Any, list[Row[Any]]]:
    groups: dict[Any, list[Row[Any]]] = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(row)
    return groups


def _to_minute(minute: datetime, rows: Iterable[Row[Any]]) -> TallyMinute:
    own = list(rows)
    counts = {name: _sum(own, name) for name in _COUNTED if name != "busy_us"}
    return TallyMinute(minute, **counts, busy_s=_sum(own, "busy_us") / MICROSECONDS)


def _completed(rows: Iterable[Row[Any]]) -> dict[datetime, int]:
    return {row.minute: int(row.completed) for row in rows}


def _average(rows: Iterable[Row[Any]]) -> float | None:
    own = list(rows)
    runs = _sum(own, "runs")
    return _sum(own, "busy_us") / MICROSECONDS / runs if runs else None


def _sum(rows: Iterable[Row[Any]], name: str) -> int:
    # PostgreSQL adds bigints up to a decimal.
    return int(sum(getattr(row, name) for row in rows))
