"""Times as the project passes them round: aware UTC datetimes, whole microseconds in stores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def from_us(us: int) -> datetime:
    """Return the UTC time of microseconds since 1970.

    One outside the years 1 to 9999 is the calendar's nearest end.
    """
    try:
        return EPOCH + timedelta(microseconds=us)
    except OverflowError:
        return EARLIEST if us < 0 else LATEST


def to_us(at: datetime) -> int:
    """Return microseconds since 1970 of an aware time."""
    return (at - EPOCH) // timedelta(microseconds=1)


def to_text(at: datetime) -> str:
    """Return RFC 3339 UTC with microseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def moment_before(now: datetime, span_s: object) -> datetime:
    """Return the time a span before now, the nearest end of the calendar where the span reaches beyond it."""
    seconds = float(str(span_s))
    try:
        return now - timedelta(seconds=seconds)
    except OverflowError:
        return EARLIEST if seconds > 0 else LATEST
