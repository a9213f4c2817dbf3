"""Where Kombu delivers a message: the queues that are bound to its exchanges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_WORDS = 20


@dataclass(frozen=True, slots=True)
class KombuRoutes:
    """The queues by exchange and routing key."""

    bound: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that is bound."""
        return frozenset(self.bound.values())

    def queue_of(self, exchange: str, routing_key: str) -> str | None:
        """Return the queue that a message goes to, None where no binding tells: by the exchange, or its only queue."""
        if not exchange:
            return routing_key or None
        near = {key: queue for (name, key), queue in self.bound.items() if name == exchange}
        return _match(near, routing_key) or (next(iter(near.values())) if len(set(near.values())) == 1 else None)

    def queue_by_key(self, routing_key: str) -> str:
        """Return the queue that messages with a routing key went to by whatever exchange, the key itself where no binding tells."""
        if routing_key in self.queues:
            return routing_key
        return _match({key: queue for (_, key), queue in self.bound.items()}, routing_key) or routing_key


def read_routes(tables: Mapping[bytes, Iterable[bytes]], separator: bytes) -> KombuRoutes:
    """Return the routes of tables of bindings, by exchange: a routing key, its pattern and a queue, with a separator between."""
    parts = ((exchange, member.split(separator)) for exchange, members in tables.items() for member in members)
    return KombuRoutes({(_text(exchange), _text(part[0])): _text(part[-1]) for exchange, part in parts})


def exchange_in(head: bytes, key: bytes) -> bytes | None:
    """Return the exchange whose table of bindings a key is, None where it is none, or where only workers are spoken to by it."""
    name = key.removeprefix(head)
    return None if name == key or name.endswith(b".pidbox") or name.startswith(b"celeryev") else name


def _match(bound: Mapping[str, str], routing_key: str) -> str | None:
    """Return the queue that is bound by a key or, as topics are, by a pattern of words: * stands for one of them, # for any number."""
    if routing_key in bound:
        return bound[routing_key]
    words = routing_key.split(".")
    if len(words) > _MOST_WORDS:
        return None
    return next((queue for key, queue in bound.items() if _fits(key.split("."), words)), None)


def _fits(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern or not words:
        return not words and set(pattern) <= {"#"}
    if pattern[0] == "#":
        return any(_fits(pattern[1:], words[place:]) for place in range(len(words) + 1))
    return pattern[0] in ("*", words[0]) and _fits(pattern[1:], words[1:])


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
