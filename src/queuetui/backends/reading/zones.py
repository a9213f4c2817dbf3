"""The time zone that a profile names for times that are stored without one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from queuetui.model.errors import BadConfig
from queuetui.model.zone import DEFAULT_ZONE, find_zone


def read_zone(settings: Mapping[str, str], name: str) -> tzinfo:
    """Return the zone that a setting names, UTC where there is none; raises BadConfig."""
    try:
        return find_zone(settings.get(name, DEFAULT_ZONE))
    except ValueError as error:
        raise BadConfig(f"{name}: {error}", name) from None
