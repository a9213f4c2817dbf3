"""Numbers that say how they were got: exact, capped, estimated, cached or absent."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.measured import Exactness, Measured
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.ages import ABSENT, age_text

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_SHORT_FROM = 10_000
_TENTHS_BELOW = 100
_ROUNDS_UP_TO_ONE = 0.9995


def count_text(count: Measured[int], now: datetime | None = None) -> SafeText:
    """Return `12,403`, `10,000+`, `~4.1M`, `12,403 (7 m)` or `-`; `now` is the store's clock, for the age of a cached count."""
    if count.value is None or count.exactness is Exactness.ABSENT:
        return ABSENT
    if count.exactness is Exactness.ESTIMATED:
        return sanitize(f"~{short_number(count.value)}")
    whole = f"{count.value:,}"
    if count.exactness is Exactness.CAPPED:
        return sanitize(f"{whole}+")
    if count.exactness is Exactness.CACHED:
        age = _age_of(count, now)
        return sanitize(f"{whole} ({age})" if age else f"{whole} (cached)")
    return sanitize(whole)


def short_number(value: float) -> str:
    """Return at most four digits and a unit: `9,812`, `12.4k`, `4.1M`."""
    if abs(value) < _SHORT_FROM:
        return f"{value:,.0f}"
    size, unit = next(pair for pair in _UNITS if abs(value) >= pair[0] * _ROUNDS_UP_TO_ONE)
    scaled = value / size
    tenths = abs(round(scaled, 1)) < _TENTHS_BELOW
    return f"{scaled:.1f}{unit}" if tenths else f"{scaled:.0f}{unit}"


def rate_text(per_second: Measured[float]) -> SafeText:
    """Return a rate in the unit that reads best: `12.0/s`, `7.5/m` or `-`."""
    if per_second.value is None or per_second.exactness is Exactness.ABSENT:
        return ABSENT
    sign = "~" if per_second.exactness is Exactness.ESTIMATED else ""
    value = per_second.value
    return sanitize(f"{sign}{value:.1f}/s" if value >= 1 or value == 0 else f"{sign}{value * 60:.1f}/m")


def _age_of(count: Measured[int], now: datetime | None) -> SafeText | None:
    if now is None or count.as_of is None:
        return None
    return age_text((now - count.as_of).total_seconds())
