"""What may be said of a job in numbers and times.

Checked once for programs, declarations and the command line.
"""

from __future__ import annotations

from datetime import UTC, datetime

from queuetui.model.job import PRIORITY_NAMES
from queuetui.model.names import shown

# What every store takes.
LARGEST_PRIORITY = 2**53 - 1
MOST_ATTEMPTS = 2**31 - 1


def parse_attempts(text: str) -> int:
    """Return how often a job may run, as people write it; raises ValueError."""
    try:
        count = int(text)
    except ValueError:
        raise ValueError(f"{shown(text)} is no number of attempts; give a whole number, at least 1") from None
    return read_attempts(count)


def read_attempts(count: object) -> int:
    """Return how often a job may run; raises TypeError or ValueError."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"max_attempts is {shown(count)}; give a whole number, at least 1")
    if not 1 <= count <= MOST_ATTEMPTS:
        raise ValueError(f"max_attempts is {shown(count)}; give a whole number from 1 to {MOST_ATTEMPTS}")
    return int(count)


def read_priority(priority: object) -> int:
    """Return the number of a priority given as a whole number or a name; raises TypeError or ValueError."""
    wanted = f"give a whole number of at most 53 bits, or one of {', '.join(PRIORITY_NAMES)}"
    if isinstance(priority, bool) or not isinstance(priority, int | str):
        raise TypeError(f"the priority is {shown(priority)}; {wanted}")
    try:
        number = PRIORITY_NAMES[priority] if priority in PRIORITY_NAMES else int(priority)
    except ValueError:
        raise ValueError(f"{shown(priority)} is no priority; {wanted}") from None
    if abs(number) > LARGEST_PRIORITY:
        raise ValueError(f"the priority {shown(priority)} is too large; {wanted}")
    return number


def read_amount(count: object, what: str) -> int:
    """Return how many of something are asked for; raises TypeError or ValueError naming `what`."""
    if isinstance(count, bool) or not isinstance(count, int):
        raise TypeError(f"{what} is {shown(count)}; give a whole number")
    if not 0 <= count <= LARGEST_PRIORITY:
        raise ValueError(f"{what} is {shown(count)}; give a whole number of at least 0")
    return int(count)


def read_due_time(at: object) -> datetime:
    """Return the time at which a job is due, in UTC; raises TypeError or ValueError."""
    if not isinstance(at, datetime):
        raise TypeError(f"the time is {shown(at)}; give an aware datetime")
    if at.utcoffset() is None:
        raise ValueError(
            f"the time {at.isoformat()} has no zone; give an aware one, such as datetime.now(UTC) + timedelta(hours=1)"
        )
    # Made plain: a library's own kind of time may have another arithmetic, in which no store can count.
    fields = (at.year, at.month, at.day, at.hour, at.minute, at.second, at.microsecond)
    try:
        return datetime(*fields, at.tzinfo, fold=at.fold).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"the time {at.isoformat()} is outside the years 1 to 9999 in UTC; give another") from None
