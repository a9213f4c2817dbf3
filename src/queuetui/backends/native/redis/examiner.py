"""The condition of a server that holds a queue of ours: versions, persistence, connections, leases."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.examiner import LATE_S, MOST_LATE
from queuetui.backends.native.redis import migration
from queuetui.backends.native.redis.durability import read_durability
from queuetui.model.clock import from_us
from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.examination import Check, Durability, Examination, HeldSnapshot, LateLeases, SchemaFacts
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.native.redis.server import Server

T = TypeVar("T")
# Valkey's numbers go on from those of Redis 7.
OLDEST = (6, 2)
_UNTOLD = "not told"


class RedisExaminer:
    """The Examiner of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def examine(self, held_s: float) -> Examination:
        """Return all that the server tells of its condition."""
        return examine(self._server)

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return nothing: a server keeps no old pictures of its data."""
        return ()


def examine(server: Server) -> Examination:
    """Return all that a server tells of its condition; what it keeps from this user is named as unread."""
    unread: dict[Check, str] = {}

    def attempt(check: Check, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except Unreachable:
            raise
        except QueueTuiError as error:
            unread[check] = str(error)
            return None

    about = attempt(Check.SERVER, lambda: server.read_info("server")) or {}
    version = about.get("valkey_version") or about.get("redis_version", "")
    return Examination(
        "Valkey" if "valkey_version" in about else "Redis",
        Untrusted(version),
        oldest=".".join(map(str, OLDEST)),
        supported=not version or tuple(map(int, re.findall(r"\d+", version)[:2])) >= OLDEST,
        schema=attempt(Check.SCHEMA, lambda: _read_schema(server)),
        durability=attempt(Check.DURABILITY, lambda: _read_durability(server)),
        connections=attempt(Check.CONNECTIONS, lambda: _count_connections(server)),
        late_leases=attempt(Check.LEASES, lambda: _count_late(server)),
        unread=unread,
    )


def _read_schema(server: Server) -> SchemaFacts:
    meta = server.read_meta()
    return SchemaFacts(
        version=int(meta["schema"]) if "schema" in meta else None,
        ours=migration.SCHEMA,
        minimum_client=int(meta.get("minimum_client", 0)),
        our_level=migration.CLIENT_LEVEL,
        protocol=int(meta.get("protocol", 0)),
        our_protocol=migration.PROTOCOL,
    )


def _read_durability(server: Server) -> Durability:
    found = read_durability(server)
    appends = _UNTOLD if found.appends is None else "yes" if found.appends else "no"
    settings = {
        "appendonly": appends,
        "appendfsync": found.syncs or _UNTOLD,
        "maxmemory-policy": found.eviction or _UNTOLD,
    }
    return found.graded(settings)


def _count_connections(server: Server) -> tuple[int, int] | None:
    clients = server.read_info("clients")
    most = clients.get("maxclients") or server.read_setting("maxclients")
    return (int(clients["connected_clients"]), int(most)) if most and "connected_clients" in clients else None


def _count_late(server: Server) -> LateLeases:
    count, oldest = server.read("looking for leases", "late_leases", round(LATE_S * 1_000_000))
    return LateLeases(min(int(count), MOST_LATE), None if oldest is None else from_us(int(oldest)))
