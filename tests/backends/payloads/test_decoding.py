"""Payloads are opened layer by layer within bounds, and each refusal is told."""

from __future__ import annotations

import base64
import bz2
import gzip
import json
import lzma
import zlib
from collections.abc import Callable

import pytest

from queuetui.backends.payloads.containers import BASE64, BZIP2, GZIP, LZMA, SIGNED, ZLIB
from queuetui.backends.payloads.decoder import JSON, Decoder
from queuetui.backends.payloads.pickle_reader import PICKLE

DECODER = Decoder((SIGNED, ZLIB, GZIP, BZIP2, LZMA, BASE64), (PICKLE, JSON))
VALUE = {"to": "ann@example.test", "n": [1, 2]}
# The opcodes of that value.
PICKLED = b"\x80\x04}(X\x02\x00\x00\x00toX\x10\x00\x00\x00ann@example.testX\x01\x00\x00\x00n](K\x01K\x02eu."


@pytest.mark.parametrize(
    ("raw", "layers"),
    [
        (json.dumps(VALUE).encode(), ("json",)),
        (PICKLED, ("pickle",)),
        (zlib.compress(PICKLED), ("zlib", "pickle")),
        (gzip.compress(PICKLED), ("gzip", "pickle")),
        (bz2.compress(PICKLED), ("bzip2", "pickle")),
        (lzma.compress(PICKLED), ("lzma", "pickle")),
        (base64.b64encode(zlib.compress(PICKLED)), ("base64", "zlib", "pickle")),
        (PICKLED + b":" + b"0" * 40, ("signed", "pickle")),
    ],
    ids=["json", "pickle", "zlib", "gzip", "bzip2", "lzma", "base64", "signed"],
)
def test_layers_are_opened_in_turn(raw: bytes, layers: tuple[str, ...]) -> None:
    """The value comes out with the names of the layers that it was behind."""
    decoded = DECODER.decode(raw)
    assert (json.loads(decoded.text), decoded.layers, decoded.problem) == (VALUE, layers, "")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: b"", "not known"),
        (lambda: b"\x00\x01", "not known"),
        (lambda: zlib.compress(b"x" * 9_000_000), "inflates to more"),
        (lambda: zlib.compress(PICKLED)[:-3], "too early"),
        (lambda: bz2.compress(b"x" * 9_000_000), "inflates to more"),
        (lambda: bz2.compress(PICKLED)[:-3], "too early"),
        (lambda: b"BZh9" + b"\xff" * 20, "broken"),
        (lambda: lzma.compress(b"x" * 9_000_000), "inflates to more"),
        (lambda: lzma.compress(PICKLED, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 256 * 1024 * 1024}]), "broken"),
        (lambda: b"x\x9c" + b"\xff" * 20, "broken"),
        (lambda: b'{"a":', "begins like JSON"),
        (lambda: b"[" * 200_000, "begins like JSON"),
        (lambda: b"x" * 9_000_000, "larger than"),
    ],
    ids=[
        "nothing",
        "unknown",
        "bomb",
        "cut",
        "broken",
        "bzip2 bomb",
        "bzip2 cut",
        "bzip2 broken",
        "lzma bomb",
        "lzma window",
        "no json",
        "deep",
        "large",
    ],
)
def test_what_cannot_be_opened_says_why(make: Callable[[], bytes], told: str) -> None:
    """No text comes with a problem, and the problem is in our words."""
    decoded = DECODER.decode(make())
    assert decoded.text == ""
    assert told in decoded.problem


def test_a_payload_wrapped_many_times_is_given_up() -> None:
    """Layers are counted."""
    raw = PICKLED
    for _ in range(6):
        raw = zlib.compress(raw)
    assert "wrapped more than" in DECODER.decode(raw).problem
