"""One way through the bytes of a format whose values say how long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.payloads.decoder import Undecodable
from queuetui.backends.payloads.inert_values import Pairs, to_json

if TYPE_CHECKING:
    from queuetui.backends.payloads.decoder import Caps


class ByteWalk:
    """Takes no more values and goes no deeper than allowed; `what` names what is read, for reasons."""

    what = ""

    def __init__(self, raw: bytes, caps: Caps) -> None:
        self._raw = raw
        self._at = 0
        self._caps = caps
        self._left = caps.items

    def read_to_json(self) -> str:
        """Return the one value that the bytes are, as JSON text."""
        value = self.value()
        if self._at < len(self._raw):
            raise Undecodable(f"more stands behind its {self.what}")
        return to_json(value, self._caps)

    def value(self, depth: int = 0) -> object:
        """Return the next value."""
        self._left -= 1
        if self._left < 0:
            raise Undecodable(f"it holds more than {self._caps.items:,} values")
        if depth > self._caps.depth:
            raise Undecodable(f"it is nested more than {self._caps.depth} deep")
        return self.value_of(self.number(1), depth)

    def value_of(self, kind: int, depth: int) -> object:
        """Return the value that a byte begins."""
        raise NotImplementedError

    def take(self, count: int) -> bytes:
        """Return the next bytes."""
        taken = self._raw[self._at : self._at + count]
        if len(taken) < count:
            raise Undecodable(f"its {self.what} ends too early")
        self._at += count
        return taken

    def number(self, width: int, *, signed: bool = False) -> int:
        """Return a whole number of so many bytes."""
        return int.from_bytes(self.take(width), signed=signed)

    def values(self, count: int, depth: int) -> list[object]:
        """Return so many values."""
        return [self.value(depth + 1) for _ in range(count)]

    def pairs(self, count: int, depth: int) -> Pairs:
        """Return a map."""
        return Pairs((self.value(depth + 1), self.value(depth + 1)) for _ in range(count))
