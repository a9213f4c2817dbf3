"""Where Kombu delivers a message: the queues that are bound to its exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class KombuRoutes:
    """The queues by exchange and routing key."""

    bound: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that is bound."""
        return frozenset(self.bound.values())

    def queue_of(self, exchange: str, routing_key: str) -> str | None:
        """Return the queue that a message goes to, None where only the patterns of its exchange tell."""
        if not exchange or (exchange, routing_key) in self.bound:
            return self.bound.get((exchange, routing_key), routing_key) or None
        queues = {queue for (name, _), queue in self.bound.items() if name == exchange}
        return queues.pop() if len(queues) == 1 else None


def read_routes(tables: Mapping[bytes, Iterable[bytes]], separator: bytes) -> KombuRoutes:
    """Return the routes of tables of bindings, by exchange: a routing key, its pattern and a queue, with a separator between."""
    parts = ((exchange, member.split(separator)) for exchange, members in tables.items() for member in members)
    return KombuRoutes({(_text(exchange), _text(part[0])): _text(part[-1]) for exchange, part in parts})


def exchange_in(head: bytes, key: bytes) -> bytes | None:
    """Return the exchange whose table of bindings a key is, None where it is none, or where only workers are spoken to by it."""
    name = key.removeprefix(head)
    return None if name == key or name.endswith(b".pidbox") or name.startswith(b"celeryev") else name


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
