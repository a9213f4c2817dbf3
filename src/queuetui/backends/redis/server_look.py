"""What a Redis or Valkey server tells a person who asks why it is slow.

That is memory, eviction policy, clients and slow log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from queuetui.backends.redis.clients import read_client
from queuetui.backends.redis.condition import product_of
from queuetui.backends.redis.server import to_text
from queuetui.backends.server_looks import read_section
from queuetui.model.clock import from_us
from queuetui.model.clock import to_text as time_to_text
from queuetui.model.errors import Unsupported
from queuetui.model.server_view import MOST_SESSIONS, MOST_STATEMENTS, SectionName, ServerView, Value
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.redis.server import RedisServer

Rows = list[tuple[Value, ...]]
# A longer list of clients is not asked for: the server answers nobody else while it writes one.
MOST_LISTED = 1_000
_FIGURES = {
    "memory": ("used_memory", "used_memory_peak", "maxmemory", "maxmemory_policy", "mem_fragmentation_ratio"),
    "clients": ("connected_clients", "blocked_clients", "maxclients"),
    "stats": ("evicted_keys", "expired_keys", "rejected_connections", "instantaneous_ops_per_sec"),
    "persistence": ("aof_enabled", "rdb_last_bgsave_status"),
    "replication": ("role", "connected_slaves"),
}

_SIZES = frozenset({"used_memory", "used_memory_peak", "maxmemory"})


class RedisServerLook:
    """The ServerLook of a server of keys."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server

    def look(self) -> ServerView:
        """Return what the server tells."""
        told: dict[str, str] = {}

        def figures() -> Rows:
            told.update(self._server.read_info("server"))
            return self._read_figures()

        sections = (
            read_section(SectionName.SERVER, figures, "allow this user INFO"),
            read_section(SectionName.CONNECTIONS, self._read_clients, "allow this user CLIENT LIST"),
            read_section(SectionName.SLOW_LOG, self._read_slow_log, "allow this user SLOWLOG GET"),
        )
        product, version = product_of(told)
        return ServerView(product, Untrusted(version), sections)

    def _read_figures(self) -> Rows:
        rows: Rows = []
        for section, names in _FIGURES.items():
            told = self._server.read_info(section)
            rows += [_figure(name, told[name]) for name in names if name in told]
        return rows

    def _read_clients(self) -> Rows:
        count = int(self._server.read_info("clients").get("connected_clients", 0))
        if count > MOST_LISTED:
            raise Unsupported(f"{count:,} clients are more than the {MOST_LISTED:,} that are asked for at once")
        lines = to_text(self._server.ask("listing the server's clients", "CLIENT", "LIST")).splitlines()
        clients = [read_client(line) for line in lines]
        clients.sort(key=lambda one: -int(one.get("age", 0)))
        return [_client_row(one) for one in clients[:MOST_SESSIONS]]

    def _read_slow_log(self) -> Rows:
        entries: list[Any] = self._server.ask("reading the server's slow log", "SLOWLOG", "GET", MOST_STATEMENTS)
        return sorted(map(_slow_row, entries), key=lambda row: -float(str(row[0])))


def _figure(name: str, told: str) -> tuple[Value, ...]:
    """Return a figure by what it says: a size by its unit, no bound where 0 means that there is none."""
    what = name.replace("_", " ")
    if name == "maxmemory" and told == "0":
        return what, "no limit"
    if name in _SIZES and told.isdecimal():
        return f"{what} bytes", int(told)
    return what, Untrusted(told)


def _client_row(client: dict[str, str]) -> tuple[Value, ...]:
    return (
        client.get("id", ""),
        Untrusted(client.get("user", "")),
        Untrusted(client.get("name", "")),
        Untrusted(client.get("addr", "")),
        Untrusted(client.get("cmd", "")),
        int(client.get("idle", 0)),
        None,
    )


def _slow_row(entry: list[Any]) -> tuple[Value, ...]:
    """Return a slow command by its name and its first argument alone: what follows may be a job's payload."""
    _, at_s, took_us, arguments, *client = entry
    command = " ".join(to_text(one) for one in arguments[:2])
    more = f" and {len(arguments) - 2} more" if len(arguments) > 2 else ""  # noqa: PLR2004 - name and first argument
    address = to_text(client[0]) if client else ""
    at = time_to_text(from_us(int(at_s) * 1_000_000))
    return (round(int(took_us) / 1000, 3), at, Untrusted(address), Untrusted(f"{command}{more}"))
