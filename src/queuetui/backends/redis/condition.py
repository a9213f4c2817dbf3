"""What a Redis or Valkey server tells of its own condition, whoever's keys it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.examiner import Examiner
from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.examination import Check, Examination, Memory
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from queuetui.backends.redis.server import RedisServer

T = TypeVar("T")
# Valkey's numbers go on from those of Redis 7.
OLDEST = (6, 2)


class ServerCondition(Examiner):
    """Reads one part after the other; `unread` says why one could not be read.

    How safely the server keeps somebody else's queue is the affair of whoever runs that.
    """

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        self.unread: dict[Check, str] = {}

    def attempt(self, check: Check, read: Callable[[], T]) -> T | None:
        """Return a part, None where it is kept from this user; raises Unreachable."""
        try:
            return read()
        except Unreachable:
            raise
        except QueueTuiError as error:
            self.unread[check] = str(error)
            return None

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
