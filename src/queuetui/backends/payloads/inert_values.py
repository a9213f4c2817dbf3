"""What a payload's values are once read inertly: names, things made of names, plain values."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import dataclass, field
from typing import Any

from queuetui.backends.payloads.decoder import Caps, Undecodable

# Larger whole numbers take long to write out.
_MOST_BITS = 4_096


@dataclass(frozen=True, slots=True)
class Named:
    """A class or function, by its name alone."""

    name: str


class Pairs(list[tuple[Any, Any]]):
    """A dictionary as its pairs, whose keys may be anything."""


@dataclass(slots=True, eq=False)
class Made:
    """What a program would make by calling something; it is never called."""

    made: object
    arguments: object
    state: object = None
    items: list[Any] = field(default_factory=list)
    pairs: Pairs = field(default_factory=Pairs)


def to_json(value: object, caps: Caps) -> str:
    """Return values as JSON text; raises Undecodable past the caps, as for what refers to itself."""
    return json.dumps(_Writer(caps).plain(value, 0), ensure_ascii=False)


def _plain_number(value: Any) -> object:  # noqa: ANN401 - a number, a truth or nothing
    """Return a number, a truth or nothing; a number that JSON cannot carry becomes its text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or value.bit_length() <= _MOST_BITS:
        return value
    return f"a whole number of {value.bit_length():,} bits"


class _Writer:
    """Turns nodes into what JSON knows, counting what is written: one node may stand in many places."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._items = caps.items
        self._size = caps.inflated_bytes

    def plain(self, value: object, depth: int) -> object:
        self._count(depth)
        if isinstance(value, str):
            return self._text(value.encode("utf-8", "replace").decode("utf-8"))
        if isinstance(value, bytes | bytearray):
            return self._bytes(bytes(value))
        if value is None or isinstance(value, bool | int | float):
            return _plain_number(value)
        if isinstance(value, Pairs):
            return {self._key(key, depth + 1): self.plain(one, depth + 1) for key, one in value}
        if isinstance(value, list):
            return [self.plain(one, depth + 1) for one in value]
        if isinstance(value, Named):
            return {"__name__": self._text(value.name)}
        if isinstance(value, Made):
            return self._made(value, depth)
        raise Undecodable("its pickle is broken")

    def _made(self, value: Made, depth: int) -> object:
        made = value.made.name if isinstance(value.made, Named) else self.plain(value.made, depth + 1)
        shown: dict[str, object] = {"__class__": self._text(made) if isinstance(made, str) else made}
        parts = {"args": value.arguments, "state": value.state, "items": value.items, "pairs": value.pairs}
        shown |= {name: self.plain(one, depth + 1) for name, one in parts.items() if one not in (None, [])}
        return shown

    def _key(self, key: object, depth: int) -> str:
        plain = self.plain(key, depth)
        return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)

    def _bytes(self, value: bytes) -> object:
        try:
            return self._text(value.decode("utf-8"))
        except UnicodeDecodeError:
            return {"base64": self._text(base64.b64encode(value).decode("ascii"))}

    def _text(self, text: str) -> str:
        self._size -= len(text)
        if self._size < 0:
            raise Undecodable(f"written out it is longer than {self._caps.inflated_bytes:,} characters")
        return text

    def _count(self, depth: int) -> None:
        self._items -= 1
        if self._items < 0:
            raise Undecodable(f"it holds more than {self._caps.items:,} values")
        if depth > self._caps.depth:
            raise Undecodable(f"it is nested more than {self._caps.depth} deep, or holds itself")
