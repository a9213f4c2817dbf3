"""Where Kombu delivers a message: the queues that are bound to its exchanges."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_MOST_WORDS = 20


@dataclass(frozen=True, slots=True)
class KombuRoutes:
    """The queues by exchange and routing key.

    Several may be bound alike, and a message goes to each of them.
    """

    bound: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    @property
    def queues(self) -> frozenset[str]:
        """Every queue that is bound."""
        return frozenset[str]().union(*self.bound.values())

    def queue_of(self, exchange: str, routing_key: str) -> str | None:
        """Return the queue that a message goes to, by its exchange or as its only queue.

        None where no binding tells.
        """
        if not exchange:
            return routing_key or None
        near = {key: queues for (name, key), queues in self.bound.items() if name == exchange}
        every = frozenset[str]().union(*near.values())
        return _one_of(_match(near, routing_key), routing_key) or (next(iter(every)) if len(every) == 1 else None)

    def queue_by_key(self, routing_key: str) -> str:
        """Return the queue that messages with a routing key went to by any exchange.

        It is the key itself where no binding tells.
        """
        if routing_key in self.queues:
            return routing_key
        near: dict[str, frozenset[str]] = {}
        for (_, key), queues in self.bound.items():
            near[key] = near.get(key, frozenset()) | queues
        return _one_of(_match(near, routing_key), routing_key) or routing_key


def read_routes(tables: Mapping[bytes, Iterable[bytes]], separator: bytes) -> KombuRoutes:
    """Return the routes of tables of bindings, by exchange.

    An entry is a routing key, its pattern and a queue, with a separator between them.
    """
    bound: dict[tuple[str, str], frozenset[str]] = {}
    for exchange, members in tables.items():
        for member in members:
            part = member.split(separator)
            place = _text(exchange), _text(part[0])
            bound[place] = bound.get(place, frozenset()) | {_text(part[-1])}
    return KombuRoutes(bound)


def separator_in(tables: Mapping[bytes, Collection[bytes]], known: bytes) -> bytes:
    """Return what stands within names: what is known, else what a binding of one name three times tells."""
    if any(known in member for members in tables.values() for member in members):
        return known
    for exchange, members in tables.items():
        for member in members:
            middle = member.removeprefix(exchange).removesuffix(exchange)
            part = middle[: len(middle) // 2]
            if part and member == exchange + part + part + exchange:
                return part
    return known


def exchange_in(head: bytes, key: bytes) -> bytes | None:
    """Return the exchange whose table of bindings a key is, None where it is none.

    None too where the exchange only speaks to workers.
    """
    name = key.removeprefix(head)
    return None if name == key or name.endswith(b".pidbox") or name.startswith(b"celeryev") else name


def _one_of(queues: frozenset[str], routing_key: str) -> str | None:
    """Return the queue that is called like the key, else the only queue, else None."""
    if routing_key in queues:
        return routing_key
    return next(iter(queues)) if len(queues) == 1 else None


def _match(bound: Mapping[str, frozenset[str]], routing_key: str) -> frozenset[str]:
    """Return the queues that are bound by a key or by a topic's pattern of words.

    In a pattern * stands for one word, and # for any number of them.
    """
    if routing_key in bound:
        return bound[routing_key]
    words = routing_key.split(".")
    if len(words) > _MOST_WORDS:
        return frozenset()
    return next((queues for key, queues in bound.items() if _fits(key.split("."), words)), frozenset())


def _fits(pattern: Sequence[str], words: Sequence[str]) -> bool:
    if not pattern or not words:
        return not words and set(pattern) <= {"#"}
    if pattern[0] == "#":
        return any(_fits(pattern[1:], words[place:]) for place in range(len(words) + 1))
    return pattern[0] in ("*", words[0]) and _fits(pattern[1:], words[1:])


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
