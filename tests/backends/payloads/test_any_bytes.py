"""Payloads of any bytes are shown as what they are, and none of them is run."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queuetui.backends.payloads.any_bytes import read_any_bytes, read_beginning

# What a program would pickle of {"n": 1}.
PICKLED = b"\x80\x04}\x94\x8c\x01n\x94K\x01s."


@pytest.mark.parametrize(
    ("raw", "text", "told"),
    [
        (b'{"n": 1}', '{"n": 1}', ""),
        (b"[1]", "[1]", ""),
        (b"900", "900", "not JSON of named values"),
        ("größe ✓".encode(), "größe ✓", "not JSON of named values"),
        (PICKLED, '{"n": 1}', "not JSON but pickle,"),
        (zlib.compress(b'{"n": 1}'), '{"n": 1}', "not JSON but json in zlib,"),
        (b"\x00\x01\xff", "AAH/", "shown in base64"),
        (b"", "", "not JSON of named values"),
    ],
    ids=["object", "list", "number", "text", "pickle", "zlib", "bytes", "nothing"],
)
def test_each_make_is_shown(raw: bytes, text: str, told: str) -> None:
    """JSON stands as it is, other formats become JSON, text stays text, the rest is base64; the reason is told."""
    found, why = read_any_bytes(raw)
    assert found == text
    assert told in why
    assert bool(why) == bool(told)


@pytest.mark.parametrize("cut", range(4))
def test_a_character_that_is_cut_makes_no_text_bytes(cut: int) -> None:
    """The beginning of a long text is text wherever it ends; what is no text is base64, and says so."""
    raw = "größe ✓😀".encode()
    text, told = read_beginning(raw[: len(raw) - cut])
    assert (text, told) == ("größe ✓" if cut else "größe ✓😀", "")
    for binary in (b"\x80\x04\xff", raw + b"\xff" * cut + b"abcd\xff\x00"):
        text, told = read_beginning(binary)
        assert (text, "read where the job is opened" in told) == (base64.b64encode(binary).decode(), True)


@given(st.binary(max_size=200))
def test_any_bytes_are_shown(raw: bytes) -> None:
    """No bytes fail, whole or as the beginning of more."""
    for read in (read_any_bytes, read_beginning):
        text, _ = read(raw)
        assert isinstance(text, str)


def test_nothing_of_it_is_run(tmp_path: Path) -> None:
    """A pickle that would make a folder is shown as the call that it is, and makes none."""
    trap = str(tmp_path / "trap").encode()
    text, _ = read_any_bytes(b"\x80\x04cos\nmkdir\n(V" + trap + b"\ntR.")
    assert '"__class__": "os.mkdir"' in text
    assert list(tmp_path.iterdir()) == []
