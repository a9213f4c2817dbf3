"""What Huey is known by: its keys on Redis, its tables in a file of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queuetui.backends.sql.catalog import Catalog
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from datetime import tzinfo

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.redis.server import RedisServer


_TABLES = {
    "task": {"id", "queue", "data", "priority"},
    "schedule": {"id", "queue", "data", "timestamp"},
    "kv": {"queue", "key", "value"},
}


def find(store: RedisServer | Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return Huey's queues, in whichever of its stores."""
    return _find_tables(store, url, options) if isinstance(store, Catalog) else _find_keys(store, url, options)


def _find_keys(server: RedisServer, url: str, options: BackendOptions) -> tuple[Found, ...]:
    from queuetui.backends.foreign.huey.keys import HueyOnRedis
    from queuetui.backends.keys.backend import find_product

    named = [name.encode() for name in options.settings.get("huey.names", "").replace(",", " ").split()]
    return find_product(server, url, HueyOnRedis(server.key_list, named, _zone(options)), options)


def _find_tables(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    found = {table.name: set(table.columns) for table in catalog.tables}
    if any(found.get(name) != columns for name, columns in _TABLES.items()):
        return ()
    from queuetui.backends.foreign.huey.tables import HueyOnSqlite
    from queuetui.backends.tables.backend import found_of

    return found_of([HueyOnSqlite(_zone(options), options.summaries).describe()], catalog, url)


def _zone(options: BackendOptions) -> tzinfo:
    name = options.settings.get("huey.timezone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadConfig(
            f"huey.timezone {name!r} is no time zone; write one like Europe/Berlin", "huey.timezone"
        ) from None
