"""Reads Erlang's external term format within bounds.

Atoms are text, and nothing that could be called is made of it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from queuetui.backends.payloads.byte_walk import ByteWalk
from queuetui.backends.payloads.containers import inflate
from queuetui.backends.payloads.decoder import Caps, Reader, Undecodable

_VERSION, _PACKED = 131, 80
_NIL = 106
_CONSTANTS = {"nil": None, "undefined": None, "true": True, "false": False}
_OLD_FLOAT_CHARS = 31


class _Walk(ByteWalk):
    """The way through one term."""

    what = "Erlang term"

    def value_of(self, kind: int, depth: int) -> object:
        """Return the value of a tag."""
        reader = _READERS.get(kind)
        if reader is None:
            raise Undecodable(f"it holds a value of a kind of Erlang's that is not data (tag {kind})")
        return reader(self, depth)

    def atom(self, width: int) -> object:
        """Return an atom, with the length before it so wide."""
        text = self.take(self.number(width)).decode("utf-8", "replace")
        return _CONSTANTS.get(text, text)

    def proper_list(self, depth: int) -> list[object]:
        """Return a list; what stands in its tail but for its end is its last item."""
        found = self.values(self.number(4), depth)
        tail = self.value(depth + 1)
        return found if tail == [] else [*found, tail]

    def large(self, width: int) -> int:
        """Return a whole number that says how long it is."""
        count = self.number(width)
        sign = self.number(1)
        value = int.from_bytes(self.take(count), "little")
        return -value if sign else value

    def text_float(self) -> float:
        """Return a number with a fraction that is written in letters."""
        try:
            return float(self.take(_OLD_FLOAT_CHARS).rstrip(b"\0").decode("ascii"))
        except ValueError:
            raise Undecodable("its Erlang term is broken") from None

    def bits(self) -> bytes:
        """Return a binary whose last byte is not whole."""
        count = self.number(4)
        self.take(1)
        return self.take(count)


_READERS: Mapping[int, Callable[[_Walk, int], object]] = {
    70: lambda walk, _: struct.unpack(">d", walk.take(8))[0],
    77: lambda walk, _: walk.bits(),
    97: lambda walk, _: walk.number(1),
    98: lambda walk, _: walk.number(4, signed=True),
    99: lambda walk, _: walk.text_float(),
    **dict.fromkeys((100, 118), lambda walk, _: walk.atom(2)),
    **dict.fromkeys((115, 119), lambda walk, _: walk.atom(1)),
    104: lambda walk, depth: walk.values(walk.number(1), depth),
    105: lambda walk, depth: walk.values(walk.number(4), depth),
    _NIL: lambda _, __: [],
    # A list of small numbers is written as a string, and mostly is one.
    107: lambda walk, _: walk.take(walk.number(2)),
    108: lambda walk, depth: walk.proper_list(depth),
    109: lambda walk, _: walk.take(walk.number(4)),
    110: lambda walk, _: walk.large(1),
    111: lambda walk, _: walk.large(4),
    116: lambda walk, depth: walk.pairs(walk.number(4), depth),
}


def read_term(raw: bytes, caps: Caps) -> str:
    """Return one term as JSON text: binaries as texts, atoms as their names, tuples as lists.

    Raises Undecodable.
    """
    if raw[:1] != bytes([_VERSION]):
        raise Undecodable("it is no Erlang term")
    body = raw[1:]
    if body[:1] == bytes([_PACKED]):
        body = inflate(body[5:], caps)
    return _Walk(body, caps).read_to_json()


ERLANG = Reader("erlang term", lambda raw: raw[:1] == bytes([_VERSION]), read_term)
