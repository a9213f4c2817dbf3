"""Numbers with the mark of their exactness: exact, capped, estimated, cached or absent."""

from __future__ import annotations

from datetime import datetime

from queuetui.model.counted import mark_count, tight_number
from queuetui.model.measured import Exactness, Measured, old_s
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.ages import ABSENT, age_text


def count_text(count: Measured[int], now: datetime | None = None) -> SafeText:
    """Return a count as `12,403`, `10,000+`, `~4.1M`, `12,403 (7 m)` or `-`.

    `now` is the store's clock, for the age of a count that is older than a few polls.
    """
    return sanitize(mark_count(count, _age_of(count, now)))


def _age_of(count: Measured[int], now: datetime | None) -> str:
    age_s = None if now is None else old_s(count, now)
    return "" if age_s is None else age_text(age_s)


def tight_count(count: Measured[int]) -> str:
    """Return a count in at most five characters: `812`, `~9.8k`, `12k+`."""
    if count.value is None:
        return ABSENT
    before = "~" if count.exactness is Exactness.ESTIMATED else ""
    return f"{before}{tight_number(count.value)}{'+' if count.exactness is Exactness.CAPPED else ''}"


def age_mark(age_s: float) -> str:
    """Return the mark of an older figure's age: `·40s`."""
    return f"·{age_text(age_s).replace(' ', '')}"
