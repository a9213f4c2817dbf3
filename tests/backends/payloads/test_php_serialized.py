"""The reader of PHP's serialize format: what it reads, what it refuses, and that it never does more."""

from __future__ import annotations

import math
import tracemalloc
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queuetui.backends.payloads.php_serialized import PhpFormatError, PhpLimits, read_php
from queuetui.backends.payloads.php_values import (
    PhpArray,
    PhpCustom,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpReference,
    PhpScalar,
    PhpValue,
    to_json,
)

# Written by PHP 8.2: an object with every kind of property, a cycle, a shared object and a PHP reference.
FROM_PHP = (
    b'O:1:"P":7:{s:1:"a";i:1;s:4:"\0*\0b";a:9:{i:0;d:1.5;i:1;d:INF;i:2;d:-INF;i:3;d:NAN;i:4;d:1.0E+25;i:5;b:1;'
    b'i:6;N;i:7;s:2:"\xc3\xa9";i:8;s:2:"\xff\0";}s:4:"\0P\0c";O:11:"ArrayObject":4:{i:0;i:0;i:1;a:2:{i:0;i:1;i:1;'
    b'i:2;}i:2;a:0:{}i:3;N;}s:4:"self";r:1;s:1:"e";E:6:"Suit:H";s:1:"r";R:2;s:2:"o2";r:13;}'
)


def write_php(value: PhpValue) -> bytes:
    """Serialise a value as PHP does, for round trips."""
    match value:
        case PhpArray(items):
            return b"a:%d:{" % len(items) + _members(items) + b"}"
        case PhpObject(name, properties):
            return b"O:" + _quoted(name) + b":%d:{" % len(properties) + _members(properties) + b"}"
        case PhpEnum(name, case):
            return b"E:" + _quoted(f"{name}:{case}") + b";"
        case PhpCustom(name, body):
            raw = body.encode() if isinstance(body, str) else body
            return b"C:" + _quoted(name) + b":%d:{" % len(raw) + raw + b"}"
        case PhpReference(slot):
            return b"r:%d;" % slot
    return _write_scalar(value)


def _write_scalar(value: PhpScalar) -> bytes:
    match value:
        case None:
            return b"N;"
        case bool():
            return b"b:%d;" % value
        case int():
            return b"i:%d;" % value
        case float():
            return b"d:" + {math.inf: "INF", -math.inf: "-INF"}.get(value, repr(value)).encode() + b";"
        case str() | bytes():
            return b"s:" + _quoted(value) + b";"


def _quoted(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return b'%d:"%s"' % (len(raw), raw)


def _members(members: dict[PhpKey, PhpValue]) -> bytes:
    return b"".join(write_php(key) + write_php(item) for key, item in members.items())


_names = st.text(st.characters(codec="ascii", categories=["L"]), min_size=1, max_size=12)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.builds(PhpEnum, _names, _names)
    | st.builds(PhpCustom, _names, st.text(st.characters(codec="utf-8"), max_size=20))
    | st.builds(PhpReference, st.integers(1, 99))
)
_values = st.recursive(
    _scalars,
    lambda inner: (
        st.builds(PhpArray, st.dictionaries(st.integers(-9, 9) | _names, inner, max_size=5))
        | st.builds(PhpObject, _names, st.dictionaries(_names, inner, max_size=5))
    ),
    max_leaves=25,
)


@given(_values)
def test_what_php_writes_is_read_back(value: PhpValue) -> None:
    """Any value written in PHP's format is read back equal, with no byte left over."""
    document = read_php(write_php(value))
    assert document.root == value
    assert document.complete


@given(st.binary(max_size=200) | st.text(st.sampled_from('aOsSidbNECrR:;{}"0123456789-.\0\\'), max_size=80))
def test_any_text_is_read_or_refused(text: bytes | str) -> None:
    """Arbitrary bytes give a document or the one format error, never another exception."""
    for cut in (False, True):
        with suppress(PhpFormatError):
            to_json(read_php(text, cut=cut).root)


@given(_values, st.data())
def test_a_cut_text_is_read_as_far_as_it_goes(value: PhpValue, data: st.DataObject) -> None:
    """Every head of a text is either refused or read as incomplete; only the whole text is complete."""
    whole = write_php(value)
    head = whole[: data.draw(st.integers(0, len(whole) - 1))]
    with pytest.raises(PhpFormatError):
        read_php(head)
    try:
        document = read_php(head, cut=True)
    except PhpFormatError:
        return
    assert not document.complete


@given(st.data())
@settings(max_examples=200)
def test_a_damaged_text_never_breaks_the_reader(data: st.DataObject) -> None:
    """A real text with a few bytes changed is read or refused, and what is read can be made JSON."""
    damaged = bytearray(FROM_PHP)
    for at in data.draw(st.lists(st.integers(0, len(FROM_PHP) - 1), min_size=1, max_size=4)):
        damaged[at] = data.draw(st.integers(0, 255))
    try:
        document = read_php(bytes(damaged))
    except PhpFormatError:
        return
    to_json(document.root)


def test_an_object_from_php_is_read_with_bare_names() -> None:
    """Private and protected properties appear under their bare names, with odd floats and bytes as they are."""
    document = read_php(FROM_PHP)
    assert isinstance(document.root, PhpObject)
    assert list(document.root.properties) == ["a", "b", "c", "self", "e", "r", "o2"]
    floats = [document.find(f"b.{index}") for index in range(4)]
    assert floats[:3] == [1.5, math.inf, -math.inf]
    assert math.isnan(float(str(floats[3])))
    assert document.find("b.7") == "é"
    assert document.find("b.8") == b"\xff\0"
    assert document.find("e") == PhpEnum("Suit", "H")


def test_references_point_at_the_slots_php_counts() -> None:
    """An object reference takes a slot and a PHP reference takes none, so later ones still find their target."""
    document = read_php(FROM_PHP)
    assert document.find("r") == 1
    assert document.find("o2") == document.find("c")
    assert document.find("self.self.self.a") == 1


def test_a_reference_to_nowhere_is_nothing() -> None:
    """A reference to a slot that does not exist, or to another reference, is followed to None."""
    document = read_php(b"a:3:{i:0;r:99;i:1;r:2;i:2;r:0;}")
    assert [document.find(str(index)) for index in range(3)] == [None, None, None]


def test_a_private_name_used_twice_keeps_both() -> None:
    """Of two properties of one name the object's own has the bare name, wherever it stands; the parent's is told with its class."""
    document = read_php(b'O:1:"B":2:{s:1:"x";i:1;s:4:"\0A\0x";i:2;}')
    assert to_json(document.root) == {"@class": "B", "x": 1, "A::x": 2}
    document = read_php(b'O:1:"B":2:{s:4:"\0A\0x";i:1;s:4:"\0B\0x";i:2;}')
    assert to_json(document.root) == {"@class": "B", "x": 2, "A::x": 1}


def test_escaped_strings_are_decoded() -> None:
    """The S form's hex escapes stand for single bytes, counted after decoding."""
    assert read_php(rb'S:3:"a\5cb";').root == "a\\b"


def test_a_deep_text_is_refused_without_recursion() -> None:
    """A text nested a hundred thousand deep is refused at the depth limit, not by the interpreter's stack."""
    with pytest.raises(PhpFormatError, match="deeper"):
        read_php(b"a:1:{i:0;" * 100_000)


def test_depth_is_free_up_to_the_limit() -> None:
    """A text exactly as deep as the limit is read and can be copied to JSON."""
    document = read_php(b"a:1:{i:0;" * 100 + b"N;" + b"}" * 100)
    assert to_json(document.root) is not None


@pytest.mark.parametrize(
    "text",
    [
        b"a:999999999999:{",
        b's:99999999999:"x";',
        b'S:99999999999:"x";',
        b'C:1:"A":99999999999:{x}',
        b'O:99999999999:"A":0:{}',
        b"i:" + b"9" * 5000 + b";",
        b"a:-1:{}",
        b's:-1:"";',
    ],
)
def test_a_lying_length_costs_nothing(text: bytes) -> None:
    """A length or number far beyond the text is refused without memory being set aside for it."""
    tracemalloc.start()
    with pytest.raises(PhpFormatError):
        read_php(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_size_and_item_limits_are_kept() -> None:
    """A text over the byte limit or with more values than the limit is refused."""
    with pytest.raises(PhpFormatError, match="bytes"):
        read_php(b"s:5:'aaaaa';", PhpLimits(size_bytes=4))
    with pytest.raises(PhpFormatError, match="values"):
        read_php(b"a:3:{i:0;N;i:1;N;i:2;N;}", PhpLimits(items=3))


def test_a_number_beyond_an_integer_column_is_kept_exact() -> None:
    """Integers wider than 64 bits are read as they stand."""
    assert read_php(b"i:123456789012345678901234567890;").root == 123456789012345678901234567890


def test_words_that_only_python_takes_for_numbers_are_refused() -> None:
    """Underscores and Python's own spellings of infinity are no PHP floats."""
    for text in (b"d:1_0;", b"d:infinity;", b"d:nan;", b"i:1_0;", b"i: 1;"):
        with pytest.raises(PhpFormatError):
            read_php(text)
