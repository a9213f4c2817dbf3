"""When keys were written that all expire after the same span.

It follows from the time they have left, and from those that tell when they were written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

_AGREEING_S = 5.0
# Between two commands of one look a moment passes, so no more than about this is known.
_ABOUT_S = 10


def written_at_end(known: Iterable[tuple[datetime | None, int]]) -> datetime | None:
    """Return when a key was written that expires now, from other keys of the same span.

    They are times of writing with the milliseconds left. None where they disagree.
    """
    found = [at - timedelta(milliseconds=left_ms) for at, left_ms in known if at is not None and left_ms > 0]
    is_sure = bool(found) and (max(found) - min(found)).total_seconds() <= _AGREEING_S
    return min(found) if is_sure else None


def written_about(at_end: datetime | None, left_ms: int) -> datetime | None:
    """Return about when a key was written that expires in so many milliseconds.

    None where that is not known, or where it never expires.
    """
    if at_end is None or left_ms <= 0:
        return None
    at = at_end + timedelta(milliseconds=left_ms)
    return at - timedelta(seconds=at.second % _ABOUT_S, microseconds=at.microsecond)
