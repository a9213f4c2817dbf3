"""Numbers that say how they were got: exact, capped, estimated, cached or absent."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.counted import mark_count
from queuetui.model.measured import Exactness, Measured
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.ages import ABSENT, age_text


def count_text(count: Measured[int], now: datetime | None = None) -> SafeText:
    """Return a count as `12,403`, `10,000+`, `~4.1M`, `12,403 (7 m)` or `-`.

    `now` is the store's clock, for the age of a cached count.
    """
    return sanitize(mark_count(count, _age_of(count, now)))


def rate_text(per_second: Measured[float]) -> SafeText:
    """Return a rate in the unit that reads best: `12.0/s`, `7.5/m` or `-`."""
    if per_second.value is None or per_second.exactness is Exactness.ABSENT:
        return ABSENT
    sign = "~" if per_second.exactness is Exactness.ESTIMATED else ""
    value = per_second.value
    return sanitize(f"{sign}{value:.1f}/s" if value >= 1 or value == 0 else f"{sign}{value * 60:.1f}/m")


def _age_of(count: Measured[int], now: datetime | None) -> str:
    return "" if now is None or count.as_of is None else age_text((now - count.as_of).total_seconds())
