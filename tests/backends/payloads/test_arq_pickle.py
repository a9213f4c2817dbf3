"""The job of a result is cut out of its pickle without being run, and only where it is surely the same."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from queuetui.backends.payloads.arq_pickle import job_of_result
from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.pickle_reader import read_pickle
from tests.backends.captures import FIXTURES


def _results() -> list[bytes]:
    lines = map(json.loads, (FIXTURES / "arq" / "keys.jsonl").read_text(encoding="utf-8").splitlines())
    return [base64.b64decode(one["value"]["b64"]) for one in lines if one["key"].startswith("arq:result:")]


@pytest.mark.parametrize("raw", _results())
def test_a_job_has_the_arguments_of_its_result(raw: bytes) -> None:
    """Function, arguments and time are those of the result, the count of tries begins anew, and nothing else is left."""
    found = job_of_result(raw)
    assert found is not None
    whole, job = json.loads(read_pickle(raw, Caps())), json.loads(read_pickle(found, Caps()))
    assert job == {"t": None, **{name: whole[name] for name in ("f", "a", "k", "et")}}


@pytest.mark.parametrize("raw", [b"", b"\x80\x04}.", b"\x80\x04K\x01.", b"junk", b'{"t": 1, "f": "add"}'])
def test_what_is_no_result_is_left_alone(raw: bytes) -> None:
    """Nothing is made of bytes that are not a result as Python writes it."""
    assert job_of_result(raw) is None


def test_a_canary_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that would run a command when it is loaded is cut off with the result."""
    monkeypatch.chdir(tmp_path)
    found = job_of_result(base64.b64decode(_CANARY))
    assert found is not None
    assert b"touch" not in found
    assert list(tmp_path.iterdir()) == []


# What Python writes of a result whose exception is a call of os.system("touch canary").
_CANARY = (
    "gASViAAAAAAAAAB9lCiMAXSUSwGMAWaUjANhZGSUjAFhlEsBSwKGlIwBa5R9lIwCZXSUigZomXcBogGMAXOUiYwBcpSMBXBvc2l4"
    "lIwGc3lzdGVtlJOUjAx0b3VjaCBjYW5hcnmUhZRSlIwCc3SUSwGMAmZ0lEsCjAFxlIwJYXJxOnF1ZXVllIwCaWSUjAF4lHUu"
)
