"""The zone of times that are written without one: UTC, unless the profile names another."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DEFAULT_ZONE = "UTC"
# One zone for the whole process, whose profiles all have the same.
_in_force: list[tzinfo] = [UTC]


def find_zone(name: str) -> ZoneInfo:
    """Return a zone by its name; raises ValueError."""
    # Imported with the first zone, as most processes need none.
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"there is no time zone {name[:80]!r} on this host; write one like Europe/Vienna, or install tzdata"
        raise ValueError(message) from None


def use_zone(name: str) -> None:
    """Read times without a zone in this one from here on; raises ValueError."""
    _in_force[:] = [UTC if name == DEFAULT_ZONE else find_zone(name)]


def zone_name() -> str:
    """Return the name of the zone in force."""
    return DEFAULT_ZONE if _in_force[0] is UTC else str(_in_force[0])


def in_utc(at: datetime, zone: tzinfo | None = None) -> datetime:
    """Return a time in UTC; one without a zone is of the zone given, else of the one in force.

    Raises OverflowError for one that UTC does not have.
    """
    return (at if at.tzinfo is not None else at.replace(tzinfo=zone or _in_force[0])).astimezone(UTC)


def read_moment(text: str, zone: tzinfo | None = None) -> datetime:
    """Return the time of RFC 3339 text in UTC; raises ValueError saying what to write."""
    try:
        return in_utc(datetime.fromisoformat(text), zone)
    except (ValueError, OverflowError):
        message = f"{text[:80]!r} is no time of the years 1 to 9999; write it like 2030-01-31T08:00:00Z"
        raise ValueError(message) from None


def zoned_text(at: datetime) -> str:
    """Return a time for people, in the zone in force and with its name.

    One that the clocks there show twice has its offset.
    """
    try:
        here = at.astimezone(_in_force[0])
    except OverflowError:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} {DEFAULT_ZONE}"
    is_twice = here.replace(fold=0).utcoffset() != here.replace(fold=1).utcoffset()
    return f"{here.isoformat(' ', 'seconds') if is_twice else f'{here:%Y-%m-%d %H:%M:%S}'} {zone_name()}"
