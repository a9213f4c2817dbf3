"""Reads the text that PHP's serialize() writes into inert values; builds no object and calls no code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from queuetui.backends.payloads.php_values import (
    PhpArray,
    PhpCustom,
    PhpDocument,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpReference,
    PhpValue,
)

_LONGEST_NUMBER = 40
_SMALLEST_ITEM = 6  # "i:0;N;"
# Whose a property is, where PHP does not name a class.
_AS_PUBLIC, _AS_PROTECTED = "", "*"
_FLOAT = re.compile(rb"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|-?INF|-?NAN")


@dataclass(frozen=True, slots=True)
class PhpLimits:
    """How much of a text is read before it is refused."""

    size_bytes: int = 4 * 1024 * 1024
    depth: int = 100
    items: int = 50_000


class PhpFormatError(ValueError):
    """The text is not PHP's serialize format, or is past a limit."""

    def __init__(self, what: str, position: int) -> None:
        super().__init__(f"{what} at byte {position}")
        self.position = position


class _EndOfText(PhpFormatError):
    """The text stopped inside a value."""

    def __init__(self, position: int) -> None:
        super().__init__("the text ends inside a value", position)


@dataclass(slots=True)
class _Frame:
    """A container that is being filled.

    How many pairs are left and, of an object, its class and whose its properties are.
    """

    members: dict[PhpKey, PhpValue]
    left: int
    class_name: str | None
    owners: dict[PhpKey, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Cursor:
    """The bytes, how far they were read, and what was counted on the way."""

    data: bytes
    limits: PhpLimits
    at: int = 0
    items: int = 0
    slots: list[PhpValue] = field(default_factory=list)

    def take(self, count: int) -> bytes:
        end = self.at + count
        if end > len(self.data):
            raise _EndOfText(len(self.data))
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def expect(self, wanted: bytes) -> None:
        start = self.at
        if self.take(len(wanted)) != wanted:
            raise PhpFormatError(f"expected {wanted.decode('ascii')!r}", start)

    def until(self, mark: bytes) -> bytes:
        """Take a short token up to a mark and step over the mark."""
        window = self.at + _LONGEST_NUMBER
        end = self.data.find(mark, self.at, window)
        if end < 0:
            if window >= len(self.data):
                raise _EndOfText(len(self.data))
            raise PhpFormatError(f"no {mark.decode('ascii')!r} after a number", self.at)
        token = self.data[self.at : end]
        self.at = end + 1
        return token

    def integer(self, mark: bytes) -> int:
        start = self.at
        token = self.until(mark)
        digits = token[1:] if token[:1] in (b"-", b"+") else token
        if not digits.isdigit():
            raise PhpFormatError("a number was expected", start)
        return int(token)

    def count(self, mark: bytes) -> int:
        start = self.at
        number = self.integer(mark)
        if number < 0:
            raise PhpFormatError("a count is negative", start)
        return number

    def quoted(self) -> bytes:
        """Take LENGTH:"bytes"."""
        length = self.count(b":")
        self.expect(b'"')
        text = self.take(length)
        self.expect(b'"')
        return text


def read_php(text: str | bytes, limits: PhpLimits | None = None, *, cut: bool = False) -> PhpDocument:
    """Read one serialised value; raises PhpFormatError where the text is not one.

    With `cut` the text is the head of a longer one: what was read before its end is returned.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    cursor = _Cursor(data, limits or PhpLimits())
    if len(data) > cursor.limits.size_bytes:
        raise PhpFormatError(f"more than {cursor.limits.size_bytes} bytes", cursor.limits.size_bytes)
    try:
        root = _read_tree(cursor)
    except _EndOfText:
        if not cut or not cursor.slots:
            raise
        return PhpDocument(cursor.slots[0], tuple(cursor.slots), complete=False)
    if cursor.at != len(data):
        raise PhpFormatError("bytes after the value", cursor.at)
    return PhpDocument(root, tuple(cursor.slots))


def _read_tree(cursor: _Cursor) -> PhpValue:
    stack: list[_Frame] = []
    root = _read_value(cursor, stack)
    while stack:
        frame = stack[-1]
        if frame.left == 0:
            cursor.expect(b"}")
            stack.pop()
            continue
        frame.left -= 1
        key = _read_key(cursor, frame)
        frame.members[key] = _read_value(cursor, stack)
    return root


def _read_value(cursor: _Cursor, stack: list[_Frame]) -> PhpValue:
    """Read one value; a container is returned empty and its frame is pushed to be filled."""
    start = cursor.at
    cursor.items += 1
    if cursor.items > cursor.limits.items:
        raise PhpFormatError(f"more than {cursor.limits.items} values", start)
    tag = cursor.take(1)
    if tag == b"N":
        cursor.expect(b";")
        return _keep(cursor, None)
    cursor.expect(b":")
    match tag:
        case b"a":
            array = PhpArray()
            _open(cursor, stack, array.items, None)
            return _keep(cursor, array)
        case b"O":
            built = PhpObject(_as_name(cursor.quoted()))
            cursor.expect(b":")
            _open(cursor, stack, built.properties, built.class_name)
            return _keep(cursor, built)
        case b"R":
            # A PHP reference shares the slot it points at, so it gets none of its own.
            return PhpReference(cursor.integer(b";"))
    return _keep(cursor, _read_leaf(cursor, tag, start))


def _read_leaf(cursor: _Cursor, tag: bytes, start: int) -> PhpValue:
    match tag:
        case b"i":
            return cursor.integer(b";")
        case b"s" | b"S":
            text = cursor.quoted() if tag == b"s" else _read_escaped(cursor)
            cursor.expect(b";")
            return _as_text(text)
        case b"b":
            return bool(cursor.integer(b";"))
        case b"d":
            return _as_float(cursor.until(b";"), start)
        case b"r":
            return PhpReference(cursor.integer(b";"))
        case b"E":
            return _read_enum(cursor, start)
        case b"C":
            return _read_custom(cursor)
    raise PhpFormatError("an unknown type tag", start)


def _keep(cursor: _Cursor, value: PhpValue) -> PhpValue:
    cursor.slots.append(value)
    return value


def _open(cursor: _Cursor, stack: list[_Frame], members: dict[PhpKey, PhpValue], class_name: str | None) -> None:
    start = cursor.at
    count = cursor.count(b":")
    # A count that the rest of a whole text could not hold is a lie; refuse it before a loop believes it.
    if count > cursor.limits.items or count * _SMALLEST_ITEM > cursor.limits.size_bytes:
        raise PhpFormatError("a container claims too many items", start)
    if len(stack) >= cursor.limits.depth:
        raise PhpFormatError(f"nested deeper than {cursor.limits.depth}", start)
    cursor.expect(b"{")
    stack.append(_Frame(members, count, class_name))


def _read_key(cursor: _Cursor, frame: _Frame) -> PhpKey:
    start = cursor.at
    tag = cursor.take(1)
    cursor.expect(b":")
    if tag == b"i":
        return cursor.integer(b";")
    if tag not in (b"s", b"S"):
        raise PhpFormatError("a key must be an integer or a string", start)
    raw = cursor.quoted() if tag == b"s" else _read_escaped(cursor)
    cursor.expect(b";")
    return _property_name(raw, frame) if frame.class_name is not None else _as_name(raw)


def _property_name(raw: bytes, frame: _Frame) -> str:
    """Drop the owner that PHP puts before private and protected names.

    Of two names the object's own class keeps the bare one.
    """
    owner, bare = _AS_PUBLIC, _as_name(raw)
    if raw.startswith(b"\0"):
        said, mark, name = raw[1:].partition(b"\0")
        owner, bare = _as_name(said), _as_name(name if mark else said)
    other = frame.owners.get(bare)
    if other is None:
        frame.owners[bare] = owner
        return bare
    if owner not in (_AS_PUBLIC, _AS_PROTECTED, frame.class_name):
        return f"{owner}::{bare}"
    # A parent's private property comes first and is hidden by the one that the class has of that name.
    frame.members[f"{other}::{bare}"] = frame.members.pop(bare)
    frame.owners[bare] = owner
    return bare


def _read_enum(cursor: _Cursor, start: int) -> PhpEnum:
    class_name, colon, case = cursor.quoted().rpartition(b":")
    cursor.expect(b";")
    if not colon:
        raise PhpFormatError("an enum without a case", start)
    return PhpEnum(_as_name(class_name), _as_name(case))


def _read_custom(cursor: _Cursor) -> PhpCustom:
    class_name = cursor.quoted()
    cursor.expect(b":")
    length = cursor.count(b":")
    cursor.expect(b"{")
    body = cursor.take(length)
    cursor.expect(b"}")
    return PhpCustom(_as_name(class_name), _as_text(body))


def _read_escaped(cursor: _Cursor) -> bytes:
    """Take LENGTH:"..." of the S form, where a backslash and two hex digits stand for one byte."""
    length = cursor.count(b":")
    if length > cursor.limits.size_bytes:
        raise PhpFormatError("a string claims too many bytes", cursor.at)
    cursor.expect(b'"')
    decoded = bytearray()
    while len(decoded) < length:
        byte = cursor.take(1)
        if byte == b"\\":
            start = cursor.at
            try:
                byte = bytes.fromhex(cursor.take(2).decode("ascii"))
            except ValueError as error:
                if isinstance(error, PhpFormatError):
                    raise
                raise PhpFormatError("a broken escape", start) from error
        decoded += byte
    cursor.expect(b'"')
    return bytes(decoded)


def _as_float(token: bytes, start: int) -> float:
    if _FLOAT.fullmatch(token) is None:
        raise PhpFormatError("a number was expected", start)
    return float(token)


def _as_text(raw: bytes) -> str | bytes:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw


def _as_name(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
