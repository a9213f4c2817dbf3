"""What Huey is known by: its keys on Redis, its tables in a file of SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.reading.zones import read_zone
from queuetui.backends.sql.catalog import Catalog
from queuetui.model.errors import Unsupported

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.redis.server import RedisServer
    from queuetui.backends.sql.catalog import StoredTable


_ON_A_SERVER = "its messages are pickles, which are read in a file of SQLite and on Redis alone; see to these tables in the application"
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
    from queuetui.backends.keys.scanned_keys import names_in

    named, zone = names_in(options.settings, "huey.names"), read_zone(options.settings, "huey.timezone")
    return find_product(server, url, HueyOnRedis(server.key_list, named, zone), options)


def _find_tables(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    if not (sets := [one for one in catalog.sets_with(_TABLES) if all(map(_is_whole, map(one.get, _TABLES)))]):
        return ()
    if catalog.dialect != "sqlite":
        return tuple(_refuse(one["task"].schema) for one in sets)
    from queuetui.backends.foreign.huey.tables import HueyOnSqlite
    from queuetui.backends.tables.backend import found_of

    # peewee counts milliseconds in whole numbers.
    ticks = 1_000 if sets[0]["schedule"].columns["timestamp"].stored.upper().startswith("INT") else 1
    huey = HueyOnSqlite(read_zone(options.settings, "huey.timezone"), options.summaries, ticks)
    return found_of([huey.describe()], catalog, url)


def _is_whole(table: StoredTable | None) -> bool:
    """Tell whether a table has the columns of Huey's and no more."""
    return table is not None and {*table.columns} == _TABLES[table.name]


def _refuse(schema: str | None) -> Found:
    """Return tables of peewee on a server, whose statements cannot look into what the messages are."""
    from queuetui.backends.found import Found

    def refuse(_: BackendOptions) -> Backend:
        raise Unsupported(_ON_A_SERVER)

    return Found("huey", "Huey", "tables task, schedule, kv", refuse, name=schema or "", refusal=_ON_A_SERVER)
