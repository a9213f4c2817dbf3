"""What Huey is known by: its keys on Redis, its tables in a file of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from datetime import tzinfo

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.redis.server import RedisServer


def find(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Huey's queues."""
    from queuetui.backends.foreign.huey.keys import HueyOnRedis
    from queuetui.backends.keys.backend import find_product

    named = [name.encode() for name in options.settings.get("huey.names", "").replace(",", " ").split()]
    return find_product(server, url, HueyOnRedis(server.key_list, named, _zone(options)), options)


def _zone(options: BackendOptions) -> tzinfo:
    name = options.settings.get("huey.timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadConfig(
            f"huey.timezone {name!r} is no time zone; write one like Europe/Berlin", "huey.timezone"
        ) from None
