"""What a Redis or Valkey server tells of its own condition, whoever's keys it holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from queuetui.backends.examiner import Examiner, PartReader
from queuetui.model.examination import Check, Examination, Memory
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queuetui.backends.redis.server import RedisServer

# Valkey's numbers go on from those of Redis 7.
OLDEST = (6, 2)


class ServerCondition(PartReader, Examiner):
    """The condition of a server.

    How safely the server keeps somebody else's queue is the affair of whoever runs that.
    """

    def __init__(self, server: RedisServer) -> None:
        super().__init__()
        self._server = server

    def examine(self, held_s: float) -> Examination:
        """Return product, version, connections and memory."""
        self.unread = {}
        about = self.attempt(Check.SERVER, lambda: self._server.read_info("server")) or {}
        product, version = product_of(about)
        return Examination(
            product,
            Untrusted(version),
            oldest=".".join(map(str, OLDEST)),
            supported=not version or tuple(map(int, re.findall(r"\d+", version)[:2])) >= OLDEST,
            connections=self.attempt(Check.CONNECTIONS, self._count_connections),
            memory=self.attempt(Check.MEMORY, self._read_memory),
            unread=self.unread,
        )

    def _count_connections(self) -> tuple[int, int] | None:
        clients = self._server.read_info("clients")
        most = clients.get("maxclients") or self._server.read_setting("maxclients")
        return (int(clients["connected_clients"]), int(most)) if most and "connected_clients" in clients else None

    def _read_memory(self) -> Memory:
        told = self._server.read_info("memory")
        return Memory(int(told["used_memory"]), int(told.get("maxmemory", 0)), told.get("maxmemory_policy", ""))


def product_of(about: Mapping[str, str]) -> tuple[str, str]:
    """Return which server it is and its version, which is empty where it does not tell."""
    product = "Valkey" if "valkey_version" in about else "Redis"
    return product, about.get("valkey_version") or about.get("redis_version", "")
