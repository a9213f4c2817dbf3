"""The condition of a server that holds a queue of ours: versions, persistence, connections, leases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.examiner import LATE_S, MOST_LATE, Examiner
from queuetui.backends.native.odd_values import read_level
from queuetui.backends.native.redis import migration
from queuetui.backends.native.redis.durability import read_durability
from queuetui.backends.redis.condition import ServerCondition
from queuetui.model.clock import from_us
from queuetui.model.examination import Check, Durability, Examination, LateLeases, SchemaFacts

if TYPE_CHECKING:
    from queuetui.backends.native.redis.server import Server

_UNTOLD = "not told"


class RedisExaminer(Examiner):
    """The Examiner of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def examine(self, held_s: float) -> Examination:
        """Examine the server; parts that this user may not read are named as unread."""
        condition, server = ServerCondition(self._server), self._server
        return replace(
            condition.examine(held_s),
            schema=condition.attempt(Check.SCHEMA, lambda: _read_schema(server)),
            durability=condition.attempt(Check.DURABILITY, lambda: _read_durability(server)),
            late_leases=condition.attempt(Check.LEASES, lambda: _count_late(server)),
        )


def _read_schema(server: Server) -> SchemaFacts:
    meta = server.read_meta()
    return SchemaFacts(
        version=read_level(meta["schema"], "schema") if "schema" in meta else None,
        ours=migration.SCHEMA,
        minimum_client=read_level(meta.get("minimum_client", 0), "minimum_client"),
        our_level=migration.CLIENT_LEVEL,
        protocol=read_level(meta.get("protocol", 0), "protocol"),
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


def _count_late(server: Server) -> LateLeases:
    count, oldest = server.read("looking for leases", "late_leases", round(LATE_S * 1_000_000))
    return LateLeases(min(int(count), MOST_LATE), None if oldest is None else from_us(int(oldest)))
