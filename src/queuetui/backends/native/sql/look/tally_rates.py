"""Rates and averages from the tally of the last minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queuetui.model.measured import Measured, absent
from queuetui.model.rates import RecentRuns, TallyMinute, recent_runs

MICROSECONDS = 1_000_000
SUMMED = ("enqueued", "started", "completed", "failed", "retried", "lost", "busy_us")


@dataclass(frozen=True, slots=True)
class TallyRates:
    """The figures of the last `minutes` of the tally."""

    now: datetime
    minutes: int
    by_minute: tuple[TallyMinute, ...]
    average: Measured[float]
    average_of: Mapping[str, float]
    recent: Mapping[str, RecentRuns]


def rates_of(rows: Sequence[Any], now: datetime, minutes: int, queues: Iterable[str]) -> TallyRates:
    """Return the rates from the tally's rows: over all queues, and of some queues each."""
    grouped = _grouped(rows, "queue")
    by_queue = {name: grouped[name] for name in queues if name in grouped}
    averages = {name: _average(own) for name, own in by_queue.items()}
    overall, first = _average(rows), min((row.minute for row in rows), default=None)
    return TallyRates(
        now,
        minutes,
        _by_minute(rows),
        absent(f"nothing has run in the last {minutes} minutes") if overall is None else Measured(overall, as_of=now),
        {name: average for name, average in averages.items() if average is not None},
        {name: recent_runs(_by_minute(own), now, first) for name, own in by_queue.items()},
    )


def _grouped(rows: Iterable[Any], name: str) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        groups.setdefault(getattr(row, name), []).append(row)
    return groups


def _to_minute(minute: datetime, rows: Iterable[Any]) -> TallyMinute:
    own = list(rows)
    counts = {name: _sum(own, name) for name in (*SUMMED, "runs") if name != "busy_us"}
    return TallyMinute(minute, **counts, busy_s=_sum(own, "busy_us") / MICROSECONDS)


def _by_minute(rows: Iterable[Any]) -> tuple[TallyMinute, ...]:
    return tuple(_to_minute(minute, own) for minute, own in sorted(_grouped(rows, "minute").items()))


def _average(rows: Iterable[Any]) -> float | None:
    own = list(rows)
    runs = _sum(own, "runs")
    return _sum(own, "busy_us") / MICROSECONDS / runs if runs else None


def _sum(rows: Iterable[Any], name: str) -> int:
    # The sum of bigints is a decimal in PostgreSQL.
    return int(sum(getattr(row, name) for row in rows))
