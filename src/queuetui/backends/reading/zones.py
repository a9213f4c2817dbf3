"""The time zone that a profile names for times that are stored without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queuetui.model.errors import BadConfig


def read_zone(settings: Mapping[str, str], name: str) -> tzinfo:
    """Return the zone that a setting names, UTC where there is none. Raises BadConfig."""
    written = settings.get(name, "UTC")
    try:
        return ZoneInfo(written)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadConfig(f"{name} {written!r} is no time zone; write one like Europe/Berlin", name) from None
