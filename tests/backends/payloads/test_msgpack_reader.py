"""MessagePack is read within bounds, and nothing of it is ever made."""

from __future__ import annotations

import base64
import json
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queuetui.backends.payloads.decoder import JSON, Caps, Decoder, Undecodable
from queuetui.backends.payloads.msgpack_reader import MSGPACK, read_msgpack
from queuetui.backends.payloads.pickle_reader import PICKLE

SMALL = Caps(inflated_bytes=100_000, depth=64, items=5_000)
# What msgpack of Python packs of the values below, of each form once.
WRITTEN = base64.b64decode(
    "iaFhmwH/0N/MyM4AARFwzwAAAQAAAAAA0////wAAAAAAyz/4AAAAAAAAwMPCosW82VDFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzF"
    "vMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvMW8xbzFvKRsb25n2gEseHh4eHh4eHh4eHh4"
    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4"
    "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4o2JpbsQD////pGxp"
    "c3TcABQAAQIDBAUGBwgJCgsMDQ4PEBESE6NtYXDeABShMAChMQGhMgKhMwOhNAShNQWhNgahNwehOAihOQmiMTAKojExC6IxMgyi"
    "MTMNojE0DqIxNQ+iMTYQojE3EaIxOBKiMTkTo2V4dJLWBWFiY2THAwlhYmOiYXTW/wAAAAUDkA=="
)
codes = st.sampled_from(b"\x80\x81\x91\x9f\xa1\xdc\xdd\xde\xdf\xc7\xd4\xd8\xca\xc1\xc0\x00\x01A\xff") | st.integers(
    0, 255
)


def test_every_form_is_read() -> None:
    """Numbers of each width, texts, bytes, lists, maps, extensions and times come out as they went in."""
    assert json.loads(read_msgpack(WRITTEN, Caps())) == {
        "a": [1, -1, -33, 200, 70000, 2**40, -(2**40), 1.5, None, True, False],
        "ż": "ż" * 40,
        "long": "x" * 300,
        "bin": {"base64": "////"},
        "list": list(range(20)),
        "map": {str(number): number for number in range(20)},
        "ext": [{"__class__": "extension 5", "args": ["abcd"]}, {"__class__": "extension 9", "args": ["abc"]}],
        "at": {"__class__": "extension -1", "args": ["\0\0\0\x05"]},
        "3": [],
    }


@given(st.lists(codes, max_size=60).map(bytes))
@example(b"\xdd\xff\xff\xff\xff")
@example(b"\xdf\xff\xff\xff\xff\x01")
@example(b"\x91" * 5_000)
@example(b"\x81" * 5_000)
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Whatever the bytes, the answer is JSON text or our own refusal."""
    with suppress(Undecodable):
        json.loads(read_msgpack(raw, SMALL))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\xdc\xff\xff" + b"\x01" * 65_535, "more than 5,000 values"),
        (b"\x91" * 70 + b"\x01", "more than 64 deep"),
        (b"\xdd\xff\xff\xff\xff\x01", "ends too early"),
        (b"\x91\x01\x01", "more stands behind"),
        (b"\x91\xc1", "is broken"),
    ],
)
def test_what_is_too_large_or_broken_is_refused(raw: bytes, why: str) -> None:
    """Past its bounds a value is refused with the reason."""
    with pytest.raises(Undecodable, match=why):
        read_msgpack(raw, SMALL)


@pytest.mark.parametrize("raw", [WRITTEN, b"\x80", b"\x90", b"\x93\x01\x02\x03", b"\xdc\x00\x01\x01"])
def test_it_is_told_from_other_formats(raw: bytes) -> None:
    """A decoder that knows pickles and JSON too takes lists and maps for MessagePack."""
    assert Decoder((), (PICKLE, JSON, MSGPACK)).decode(raw).layers == ("msgpack",)
