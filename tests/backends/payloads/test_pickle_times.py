"""Times in pickles: read, and written over in place without anything being run."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from queuetui.backends.payloads.decoder import Caps
from queuetui.backends.payloads.pickle_reader import read_pickle
from queuetui.backends.payloads.pickle_times import read_time, rewrite_time

DUE = datetime(2026, 11, 22, 5, 12, 26, 11224)  # noqa: DTZ001 - Huey's times have no zone
NOW = datetime(2027, 1, 2, 3, 4, 5, 6)  # noqa: DTZ001 - as above
_ETA = 1


def _time(at: datetime) -> bytes:
    """Return the opcodes of a time as protocol 4 writes it the first time."""
    state = at.year.to_bytes(2) + bytes((at.month, at.day, at.hour, at.minute, at.second)) + at.microsecond.to_bytes(3)
    return b"\x8c\x08datetime\x94\x8c\x08datetime\x94\x93\x94C\x0a" + state + b"\x94\x85\x94R\x94"


def _message(eta: bytes, args: bytes = b"N") -> bytes:
    """Return the pickle of a named tuple of an id, a time and arguments."""
    return b"\x80\x04\x8c\x04huey\x94\x8c\x07Message\x94\x93\x94(\x8c\x02id\x94" + eta + args + b"t\x94\x81\x94."


def _shown(raw: bytes) -> list[object]:
    shown: list[object] = json.loads(read_pickle(raw, Caps()))["args"]
    return shown


@pytest.mark.parametrize("args", [b"N", b"(K\x01\x8c\x01xt", b"C\x0a0123456789", _time(DUE + timedelta(days=1))])
def test_another_time_is_written_and_nothing_else(args: bytes) -> None:
    """The same bytes are left but for those of the time, whatever stands beside it, another time included."""
    raw = _message(_time(DUE), args)
    written = rewrite_time(raw, _ETA, NOW)
    assert written == _message(_time(NOW), args)
    assert (read_time(_shown(raw)[_ETA]), read_time(_shown(written)[_ETA])) == (DUE, NOW)
    assert _shown(written)[_ETA + 1] == _shown(raw)[_ETA + 1]


def test_a_time_that_is_more_than_one_thing_is_left_alone() -> None:
    """Where something else refers to the time or to a part of it, where there is none, or it is not read whole, nothing is written."""
    # What is remembered: huey, Message, the class, id, datetime twice, the class of times, its bytes, their tuple and the time.
    for place in (7, 8, 9):
        assert rewrite_time(_message(_time(DUE), b"h" + bytes((place,))), _ETA, NOW) is None
    assert rewrite_time(_message(_time(DUE), b"h\x06"), _ETA, NOW) is not None
    for eta in (b"N", b"\x8c\x04soon", b"C\x0a0123456789"):
        assert rewrite_time(_message(eta), _ETA, NOW) is None
    raw = _message(_time(DUE))
    for broken in (b"", b"no pickle", raw[:40], raw[:-1], _message(b"N")[:-4] + b"."):
        assert rewrite_time(broken, _ETA, NOW) is None
    assert rewrite_time(raw, 9, NOW) is None


def test_a_time_is_read_as_it_is_stored() -> None:
    """What the reader shows of a datetime is that time, in the second of two like hours too; anything else is none."""
    folded = _message(_time(DUE).replace(b"\x07\xea\x0b", b"\x07\xea\x8b"))
    assert read_time(_shown(folded)[_ETA]) == DUE
    short = {"__class__": "datetime.datetime", "args": [{"base64": "B+oL"}]}
    for other in (None, "2026", {"__class__": "datetime.datetime"}, short, short | {"args": [{"base64": "?"}]}):
        assert read_time(other) is None


def test_nothing_is_run(tmp_path: Path) -> None:
    """A message that would write a file when unpickled is read and rewritten without doing so."""
    canary = tmp_path / "ran"
    call = b"cos\nsystem\n(X" + len(command := f"touch {canary}".encode()).to_bytes(4, "little") + command + b"tR"
    written = rewrite_time(_message(_time(DUE), call), _ETA, NOW)
    assert written is not None
    assert "os.system" in read_pickle(written, Caps())
    assert not canary.exists()
