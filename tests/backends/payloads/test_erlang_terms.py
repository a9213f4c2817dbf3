"""Erlang's terms are read within bounds, and nothing of them is ever made."""

from __future__ import annotations

import json
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from queuetui.backends.payloads.decoder import Caps, Decoder, Undecodable
from queuetui.backends.payloads.erlang_terms import ERLANG, read_term

SMALL = Caps(inflated_bytes=100_000, depth=64, items=5_000)
# {1, -2, 1.5, [], nil, true, ok, "text", [a | b], <<"naïve"/utf8>>, <<255>>, 2^70, -(2^40), #{<<"k">> => 0.5}, 'ż'}
WRITTEN = (
    b"\x83h\x0fa\x01b\xff\xff\xff\xfeF\x3f\xf8\0\0\0\0\0\0jd\0\x03nils\x04truew\x02okk\0\x04text"
    b"l\0\0\0\x01s\x01as\x01bm\0\0\0\x06na\xc3\xafvem\0\0\0\x01\xffn\x09\0\0\0\0\0\0\0\0\0\x40n\x06\x01\0\0\0\0\0\x01"
    b"t\0\0\0\x01m\0\0\0\x01kc" + b"5.00000000000000000000e-01".ljust(31, b"\0") + b"v\0\x02\xc5\xbc"
)
tags = st.sampled_from([77, 70, 80, 97, 98, 99, 100, 104, 105, 106, 107, 108, 109, 110, 111, 115, 116, 118, 119, 131])


def test_every_form_is_read() -> None:
    """Numbers, atoms, tuples, lists, binaries and maps come out as what they stand for."""
    assert json.loads(read_term(WRITTEN, Caps())) == [
        1, -2, 1.5, [], None, True, "ok", "text", ["a", "b"], "naïve", {"base64": "/w=="}, 2**70, -(2**40), {"k": 0.5}, "ż",
    ]  # fmt: skip


def test_a_packed_term_is_opened() -> None:
    """What Erlang compressed reads as the plain term does."""
    packed = b"\x83P" + (len(WRITTEN) - 1).to_bytes(4) + zlib.compress(WRITTEN[1:])
    assert Decoder((), (ERLANG,)).decode(packed).text == read_term(WRITTEN, Caps())


@given(st.lists(tags | st.integers(0, 255), max_size=60).map(bytes))
@example(b"\x83l\xff\xff\xff\xff")
@example(b"\x83t\xff\xff\xff\xff\x61\x01")
@example(b"\x83" + b"h\x01" * 5_000)
@example(b"\x83o\xff\xff\xff\xff\0")
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """Whatever the bytes, the answer is JSON text or our own refusal."""
    for each in (raw, b"\x83" + raw):
        with suppress(Undecodable):
            json.loads(read_term(each, SMALL))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x83" + b"h\x01" * 70 + b"j", "more than 64 deep"),
        (b"\x83l\0\0\xff\xff" + b"a\x01" * 6_000, "more than 5,000 values"),
        (b"\x83m\0\0\xff\xffx", "ends too early"),
        (b"\x83jj", "more stands behind"),
        (b"\x83P\0\0\0\x01garbage", "compressed bytes are broken"),
        (b"\x83c" + b"x" * 31, "is broken"),
        # A function that a program could call, with its module: it is not even named.
        (b"\x83qs\x02oss\x03cmda\x01", "not data"),
    ],
)
def test_what_is_too_large_or_no_data_is_refused(raw: bytes, why: str) -> None:
    """Past its bounds, and where it holds a function, a term is refused with the reason."""
    with pytest.raises(Undecodable, match=why):
        read_term(raw, SMALL)
