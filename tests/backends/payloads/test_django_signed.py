"""What Django signs is opened without running it, and what is broken says so."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path

import pytest

from queuetui.backends.payloads.decoder import Caps, Undecodable
from queuetui.backends.payloads.django_signed import open_signed, signed_at
from queuetui.backends.payloads.pickle_reader import read_pickle

_END = f":1xUzQ6:{'x' * 43}"


# What Python writes for {"id": "1", "args": a call of os.system("touch canary")}.
_CANARY = base64.b64decode(
    "gASVOwAAAAAAAAB9lCiMAmlklIwBMZSMBGFyZ3OUjAVwb3NpeJSMBnN5c3RlbZSTlIwMdG91Y2ggY2FuYXJ5lIWUUpR1Lg=="
)


@pytest.mark.parametrize("packed", [False, True])
def test_a_signed_pickle_is_read_and_not_run(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed or not, the value is read as what it names, and what it names is not called."""
    monkeypatch.chdir(tmp_path)
    text = ("." if packed else "") + base64.urlsafe_b64encode(
        zlib.compress(_CANARY) if packed else _CANARY
    ).decode().rstrip("=")
    said = json.loads(read_pickle(open_signed(text + _END, Caps()), Caps()))
    assert said["id"] == "1"
    assert "touch canary" in json.dumps(said["args"])
    assert list(tmp_path.iterdir()) == []


def test_its_time_is_read() -> None:
    """When it was signed stands before the signature, to the second."""
    found = signed_at("gAV9lC4" + _END)
    assert found is not None
    assert found.timestamp() == 1795322598
    assert signed_at("short") is None
    assert signed_at(f"gAV9lC4:1x!zQ6:{'x' * 43}") is None


@pytest.mark.parametrize("text", ["%%%:1xUzQ6:sig", ".gAV9lC4:1xUzQ6:sig"])
def test_what_is_broken_says_so(text: str) -> None:
    """What cannot be opened is refused in our words."""
    with pytest.raises(Undecodable) as refused:
        open_signed(text, Caps())
    assert "broken" in str(refused.value)
