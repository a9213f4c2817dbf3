"""The time zone that a profile names for times that are stored without one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo

from queuetui.model.errors import BadConfig
from queuetui.model.zone import DEFAULT_ZONE, find_zone


def read_zone(settings: Mapping[str, str], name: str) -> tzinfo:
    """Return the zone that a setting names, UTC where there is none; raises BadConfig."""
    try:
        return find_zone(settings.get(name, DEFAULT_ZONE))
    except ValueError as error:
        raise BadConfig(f"{name}: {error}", name) from None


def changes_of_clock(zone: tzinfo, since: datetime, until: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """Yield when the clocks of a zone are changed, and how far they are from UTC before that."""
    early = since
    while early < until:
        late = early + timedelta(days=1)
        if offset_of(zone, early) != offset_of(zone, late):
            yield _change_between(zone, early, late), offset_of(zone, early)
        early = late


def offset_of(zone: tzinfo, at: datetime) -> timedelta:
    """Return how far the clocks of a zone are from UTC at a time."""
    return at.astimezone(zone).utcoffset() or timedelta(0)


def _change_between(zone: tzinfo, early: datetime, late: datetime) -> datetime:
    """Return the first second of another offset."""
    before = offset_of(zone, early)
    low, high = (int(at.astimezone(UTC).timestamp()) for at in (early, late))
    while high - low > 1:
        middle = (low + high) // 2
        is_before = offset_of(zone, datetime.fromtimestamp(middle, UTC)) == before
        low, high = (middle, high) if is_before else (low, middle)
    return datetime.fromtimestamp(high, UTC)
