"""Pickles are read as what they would make, and nothing of them is ever made."""

from __future__ import annotations

import base64
import json
import struct
import time
from contextlib import suppress
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queuetui.backends.payloads.decoder import Caps, Undecodable
from queuetui.backends.payloads.pickle_reader import read_pickle
from queuetui.backends.payloads.usual_values import tell_values

SMALL = Caps(inflated_bytes=100_000, depth=64, items=5_000)
LONGEST_S = 20
plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
opcodes = st.lists(
    st.sampled_from([b"(", b"]", b"}", b")", b"N", b"0", b"1", b"2", b"a", b"e", b"u", b"s", b"t", b"l", b"d", b"\x85", b"\x86", b"\x87"])
    | st.sampled_from([b"R", b"b", b"o", b"\x81", b"\x92", b"\x93", b"\x94", b"\x8f", b"\x90", b"\x91", b"Q", b"Pid\n", b"cos\nsystem\n"])
    | st.sampled_from([b"q\x00", b"h\x00", b"K\x01", b"X\x01\x00\x00\x00a", b"\x8c\x01b", b"i__main__\nA\n", b"I01\n", b"p0\n", b"g0\n"]),
    max_size=60,
).map(lambda parts: b"\x80\x04" + b"".join(parts) + b".")  # fmt: skip


# What Python itself writes by protocol 4 for {"at": datetime(2026, 11, 29), "id": UUID(int=7), "few": {1}}.
WRITTEN = base64.b64decode(
    "gASVYwAAAAAAAAB9lCiMAmF0lIwIZGF0ZXRpbWWUjAhkYXRldGltZZSTlEMKB+oLHQAAAAAAAJSFlFKUjAJpZJSMBHV1aWSUjARVVUlElJOUKY"
    "GUfZSMA2ludJRLB3NijANmZXeUj5QoSwGQdS4="
)


def _write(value: object) -> bytes:
    """Return the opcodes of a plain value, as protocol 2 and later write it."""
    if value is None:
        return b"N"
    if isinstance(value, bool):
        return b"\x88" if value else b"\x89"
    if isinstance(value, int):
        stored = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
        return b"\x8a" + bytes([len(stored)]) + stored
    if isinstance(value, float):
        return b"G" + struct.pack(">d", value)
    if isinstance(value, str):
        return _write_text(value)
    if isinstance(value, list):
        return b"](" + b"".join(map(_write, value)) + b"e"
    assert isinstance(value, dict)
    return b"}(" + b"".join(_write(key) + _write(one) for key, one in value.items()) + b"u"


def _write_text(text: str) -> bytes:
    stored = text.encode()
    return b"X" + len(stored).to_bytes(4, "little") + stored


def _whole(opcodes: bytes) -> bytes:
    return b"\x80\x04" + opcodes + b"."


@given(plain)
def test_plain_values_are_read_as_they_are(value: object) -> None:
    """What JSON knows comes out of a pickle as it went in."""
    assert json.loads(read_pickle(_whole(_write(value)), Caps())) == value


@given(st.binary(max_size=300).map(lambda rest: b"\x80\x04" + rest) | opcodes)
@example(b"\x80\x04(.")
@example(b"\x80\x04}]a.")
@example(b"\x80\x04]\x94h\x00a.")
@example(b"\x80\x04\x8b\xff\xff\xff\x7f.")
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Whatever the bytes, the answer is JSON text or our own refusal."""
    with suppress(Undecodable):
        json.loads(read_pickle(raw, SMALL))


def test_nothing_is_made(tmp_path: Path) -> None:
    """A call within a pickle is shown by its name and is not made."""
    trap = tmp_path / "made"
    call = b"cos\nmkdir\n" + _write_text(str(trap)) + b"\x85R"
    assert json.loads(read_pickle(_whole(call), Caps())) == {"__class__": "os.mkdir", "args": [str(trap)]}
    assert not trap.exists()


def test_what_programs_pass_on_is_shown_by_name() -> None:
    """Times, ids, sets and objects are shown as what makes them and with what."""
    shown = json.loads(read_pickle(WRITTEN, Caps()))
    assert shown["at"]["__class__"] == "datetime.datetime"
    assert shown["id"] == {"__class__": "uuid.UUID", "state": {"int": 7}}
    assert shown["few"] == [1]


def test_values_of_usual_types_are_told_in_a_word() -> None:
    """Times with their zone, dates, ids and decimals; what is unknown or broken stays as it is read, those beside it too."""
    whole = b"\x80\x05cdatetime\n%bC%b\x85R."
    moment = whole % (b"datetime\n", b"\x0a\x07\xea\x03\x1d\x02\x1e\x00\x00\x00\x01")
    day = whole % (b"date\n", b"\x04\x07\xea\x03\x1d")
    read = [tell_values(json.loads(read_pickle(one, Caps()))) for one in (WRITTEN, moment, day)]
    assert read[0]["id"] == str(UUID(int=7))
    assert read[1:] == ["2026-03-29 02:30:00.000001", "2026-03-29"]
    hours = {"__class__": "datetime.timedelta", "args": [0, 20_700, 0]}
    at = {
        "__class__": "datetime.datetime",
        "args": [{"base64": "B+oDHQIeAAAAAA=="}, {"__class__": "datetime.timezone", "args": [hours]}],
    }
    hour = {"__class__": "datetime.time", "args": [{"base64": "AQIDAAAA"}, at["args"][1]]}
    price, broken = {"__class__": "decimal.Decimal", "args": ["1.10"]}, {"__class__": "uuid.UUID", "state": 7}
    unknown = {"__class__": ["a"], "at": [1]}
    assert tell_values([at, hour, hours, price, broken, unknown]) == [
        "2026-03-29 02:30:00+05:45", "01:02:03+05:45", "5:45:00", "1.10", broken, unknown
    ]  # fmt: skip


@pytest.mark.parametrize(
    "raw",
    [
        _whole(b"]" + b"q\x000](h\x00h\x00e" * 40),
        _whole(b"]q\x00h\x00a"),
        _whole(b"](" + _write_text("a" * 1_000_000) + b"q\x00" + b"h\x00" * 90_000 + b"e"),
        _whole(b"](" + b"K\x00" * 1_000_000 + b"e"),
        b"\x80\x04" + b"]" * 3_000_000 + b".",
        b"\x80\x04" + b"(" * 3_000_000 + b"t" * 3_000_000 + b".",
        b"\x80\x02\x8b" + (4_000_000).to_bytes(4, "little") + b"\x01" * 4_000_000 + b"\x85" * 100 + b".",
    ],
    ids=["doubling", "itself", "repeated", "wide", "lists", "marks", "number"],
)
def test_bombs_are_refused(raw: bytes) -> None:
    """A pickle that is small and means much is given up within a moment."""
    started = time.monotonic()
    with pytest.raises(Undecodable):
        read_pickle(raw, Caps())
    assert time.monotonic() - started < LONGEST_S
