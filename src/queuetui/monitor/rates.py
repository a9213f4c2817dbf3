"""Series computed from the tally."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from queuetui.model.rates import TallyMinute


def completed_series(tally: Sequence[TallyMinute], now: datetime, minutes: int = 60) -> list[int]:
    """Return the number of completed jobs in each of the last minutes, the current minute last.

    Minutes without a row are 0.
    """
    this = now.replace(second=0, microsecond=0)
    by_minute = {minute.minute: minute.completed for minute in tally}
    return [by_minute.get(this - timedelta(minutes=back), 0) for back in range(minutes - 1, -1, -1)]
