"""Reads MessagePack within bounds.

An extension, which a program would make an object of, stays bytes with a number.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from queuetui.backends.payloads.byte_walk import ByteWalk
from queuetui.backends.payloads.decoder import Caps, Reader, Undecodable
from queuetui.backends.payloads.inert_values import Made, Named

_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q", 0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_CONSTANTS = {0xC0: None, 0xC2: False, 0xC3: True}
# Of values with a length before them: by how many bytes it is written.
_BINARY = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_TEXTS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_EXTENSIONS = {0xC7: 1, 0xC8: 2, 0xC9: 4}
_LISTS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
_LAST_SMALL, _FIRST_NEGATIVE = 0x7F, 0xE0
_FIXED_MAP, _FIXED_LIST, _FIXED_TEXT, _NIL = 0x80, 0x90, 0xA0, 0xC0


class _Walk(ByteWalk):
    """The way through one value."""

    what = "MessagePack"

    def value_of(self, kind: int, depth: int) -> object:
        """Return the value of a code."""
        if kind in _CONSTANTS:
            return _CONSTANTS[kind]
        if kind in _NUMBERS:
            return struct.unpack(_NUMBERS[kind], self.take(struct.calcsize(_NUMBERS[kind])))[0]
        if kind <= _LAST_SMALL or kind >= _FIRST_NEGATIVE:
            return kind if kind <= _LAST_SMALL else kind - 256
        return self._sized(kind, depth)

    def _sized(self, code: int, depth: int) -> object:
        if code < _NIL:
            build, count = _fixed(code)
            return build(self, count, depth)
        if code in _FIXED_EXTENSIONS:
            return _extension(self, _FIXED_EXTENSIONS[code], depth)
        for widths, build in _BUILDERS:
            if code in widths:
                return build(self, self.number(widths[code]), depth)
        raise Undecodable("its MessagePack is broken")

    def text(self, count: int, depth: int) -> str:
        return self.take(count).decode("utf-8", "replace")

    def binary(self, count: int, depth: int) -> bytes:
        return self.take(count)


def _extension(walk: _Walk, count: int, depth: int) -> Made:
    return Made(Named(f"extension {walk.number(1, signed=True)}"), [walk.binary(count, depth)])


_Build = Callable[[_Walk, int, int], object]
_BUILDERS: tuple[tuple[dict[int, int], _Build], ...] = (
    (_BINARY, _Walk.binary),
    (_TEXTS, _Walk.text),
    (_EXTENSIONS, _extension),
    (_LISTS, _Walk.values),
    (_MAPS, _Walk.pairs),
)


def _fixed(code: int) -> tuple[_Build, int]:
    """Return what the short forms hold, whose count stands in the code itself."""
    if code >= _FIXED_TEXT:
        return _Walk.text, code - _FIXED_TEXT
    if code >= _FIXED_LIST:
        return _Walk.values, code - _FIXED_LIST
    return _Walk.pairs, code - _FIXED_MAP


def read_msgpack(raw: bytes, caps: Caps) -> str:
    """Return one value of MessagePack as JSON text; raises Undecodable."""
    return _Walk(raw, caps).read_to_json()


# Lists and maps alone: any byte begins some value, and text is one too. A pickle begins as an empty map does.
MSGPACK = Reader(
    "msgpack",
    lambda raw: (
        raw == b"\x80" or _FIXED_MAP < (raw or b"\0")[0] < _FIXED_TEXT or (raw or b"\0")[0] in {**_LISTS, **_MAPS}
    ),
    read_msgpack,
)
