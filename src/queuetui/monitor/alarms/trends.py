"""Judges job types whose runs became slower, and counters that grow faster, than is usual for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from queuetui.backends.backend import Backend
from queuetui.model.access import Access, Way
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.filter_text import quote_value
from queuetui.model.histories import By, Durations
from queuetui.model.measured import Exactness, Measured
from queuetui.model.rates import RATE_MINUTES
from queuetui.model.run_notes import UsageTotal, plain_number, usage_of_handlers
from queuetui.model.text import sanitize
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.diagnosis.words import NAME_CAP, command
from queuetui.monitor.health import HealthFinding

RECENT_S = 3600.0
USUAL_S = 7 * 86_400.0
DAY_MINUTES = 24 * 60
# A median of fewer runs in the last hour, or in the week, is not judged.
LEAST_RECENT, LEAST_USUAL = 20, 50
# A smaller increase of the median is no alarm, however large its factor.
_LEAST_SLOWER_S = 0.1


@dataclass(frozen=True, slots=True)
class Usual:
    """Recent and usual run times by job type, and the sums of each counter.

    `usage` holds the sums of a counter over the last RATE_MINUTES, over a day, and over the older half of the day.
    `is_whole` tells whether `usual` covers the whole week, not only the newest jobs.
    """

    recent: Mapping[str, Durations] = field(default_factory=dict)
    usual: Mapping[str, Durations] = field(default_factory=dict)
    usage: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)
    is_whole: bool = True


def read_usual(backend: Backend) -> Usual:
    """Read the run times of the last hour and week and the counters of a day, as far as they are kept."""
    recent = _by_name(backend.histories.durations(RECENT_S, By.TYPE))
    week = _read_week(backend)
    usual, is_whole = _by_name(week), week.exactness is not Exactness.CAPPED
    if backend.notes is None:
        return Usual(recent, usual, is_whole=is_whole)
    lately, day, half = (_by_counter(backend.notes.usage_totals(span)) for span in (RATE_MINUTES, DAY_MINUTES, 720))
    usage = {name: (lately[name], day[name], day[name] - half[name]) for name in day}
    return Usual(recent, usual, usage, is_whole)


def _read_week(backend: Backend) -> Measured[tuple[Durations, ...]]:
    """Return how long runs took in a week, from samples spread over it if a tally is kept.

    In a busy queue the newest jobs may all be of the last hour, so they would not represent the week.
    """
    week = backend.histories.durations(USUAL_S, By.TYPE)
    spread = week if week.exactness is Exactness.EXACT else backend.histories.spread_runs(USUAL_S)
    return week if spread.value is None else spread


def judge_trends(seen: Usual, limits: AlarmLimits, access: Access) -> tuple[HealthFinding, ...]:
    """Return the findings about types and counters that are over the limits."""
    return (*_slower(seen, limits.type_slowdown, access.reading), *_grown(seen, limits.usage_growth, access.reading))


def _slower(seen: Usual, times: float, way: Way) -> Iterator[HealthFinding]:
    for raw, now in seen.recent.items():
        before = seen.usual.get(raw)
        if before is None or now.runs < LEAST_RECENT or before.runs < LEAST_USUAL:
            continue
        if now.p50_s <= times * before.p50_s or now.p50_s - before.p50_s < _LEAST_SLOWER_S:
            continue
        shown = sanitize(raw, NAME_CAP)
        yield HealthFinding(
            "type",
            shown,
            Code.TYPE_SLOWER.value,
            Severity.WARNING,
            f"half of the runs of {shown} took over {now.p50_s:.2f} s in the last hour, {before.p50_s:.2f} s in 7 days;"
            f" the limit is {times:g} times",
            {
                "median_s": now.p50_s,
                "runs": now.runs,
                "usual_s": before.p50_s,
                "usual_runs": before.runs,
                "limit": times,
            },
            command("jobs", f"type:{quote_value(raw)} sort:-completed", way=way),
        )


def _grown(seen: Usual, times: float, way: Way) -> Iterator[HealthFinding]:
    """Judge counters that existed half a day ago; of younger ones the usual rate is unknown."""
    for raw, (lately, day, long_ago) in seen.usage.items():
        rate, usual = lately / RATE_MINUTES, day / DAY_MINUTES
        if long_ago <= 0 or usual <= 0 or rate <= times * usual:
            continue
        shown = sanitize(raw, NAME_CAP)
        yield HealthFinding(
            "usage",
            shown,
            Code.USAGE_OVER.value,
            Severity.WARNING,
            f"{shown} grows by {rate:.4g} a minute in the last {RATE_MINUTES} minutes, {usual:.4g} in 24 hours;"
            f" the limit is {times:g} times",
            {
                "amount": plain_number(float(lately)),
                "minutes": RATE_MINUTES,
                "day": plain_number(float(day)),
                "limit": times,
            },
            command("stats", way=way),
        )


def _by_name(found: Measured[tuple[Durations, ...]]) -> dict[str, Durations]:
    return {one.name.raw: one for one in found.value or ()}


def _by_counter(totals: Iterable[UsageTotal]) -> Counter[str]:
    found: Counter[str] = Counter()
    for total in usage_of_handlers(totals):
        found[total.name.raw] += total.amount  # type: ignore[assignment] # amounts are not always whole
    return found
