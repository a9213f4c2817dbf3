"""What Huey is known by: its keys on Redis, its tables in a file of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.reading.zones import read_zone
from queuetui.backends.sql.catalog import Catalog

if TYPE_CHECKING:
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
    return find_product(
        server, url, HueyOnRedis(server.key_list, named, read_zone(options.settings, "huey.timezone")), options
    )


def _find_tables(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    found = {table.name: set(table.columns) for table in catalog.tables}
    if any(found.get(name) != columns for name, columns in _TABLES.items()):
        return ()
    from queuetui.backends.foreign.huey.tables import HueyOnSqlite
    from queuetui.backends.tables.backend import found_of

    return found_of(
        [HueyOnSqlite(read_zone(options.settings, "huey.timezone"), options.summaries).describe()], catalog, url
    )
