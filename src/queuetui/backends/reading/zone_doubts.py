"""What is said of times that were stored in another zone than they are read in."""

from __future__ import annotations

import math
from datetime import datetime

# Zones are quarters of an hour from each other.
QUARTER_S = 900
CLOCKS_DIFFER_S = 60
# From 12 hours behind UTC to 14 ahead of it.
_WIDEST_S = 26 * 3_600
_FUTURE = "a time of it that is over lies in the future by the server's clock"


def say_ahead(at: datetime, now: datetime, setting: str) -> str:
    """Say that a time which is over lies in the future by more than clocks differ, else nothing.

    No zones differ by more than 26 hours: nothing is said of the cause then.
    """
    ahead_s = (at - now).total_seconds() - CLOCKS_DIFFER_S
    if ahead_s <= 0:
        return ""
    if ahead_s > _WIDEST_S:
        return _FUTURE
    by = hours_of(math.ceil(ahead_s / QUARTER_S))
    return f"{_FUTURE}: the application's time is ahead by {by} h or more; {say_how(setting)}"


def say_how(setting: str) -> str:
    """Say how the zone is set."""
    return f"set {setting} to the application's own time zone, such as America/New_York"


def hours_of(quarters: int) -> str:
    """Return quarters of an hour as hours and minutes."""
    hours, rest = divmod(abs(quarters), 4)
    return f"{hours}:{rest * 15:02}"
