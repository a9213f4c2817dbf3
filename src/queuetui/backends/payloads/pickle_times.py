"""Times in pickles: read from what the reader shows of them, and overwritten in place.

No other byte changes.
"""

from __future__ import annotations

import base64
import binascii
import pickletools
from datetime import datetime
from typing import Any

from queuetui.backends.payloads.decoder import Caps, Undecodable
from queuetui.backends.payloads.inert_values import Made, Named
from queuetui.backends.payloads.pickle_reader import Machine, read_pickle

_CLASS = "datetime.datetime"
# Year, month, day, hour, minute and second, and three bytes of microseconds.
_STATE_BYTES = 10
_FOLD = 0x80
_FETCHES = ("GET", "BINGET", "LONG_BINGET")


def read_time(shown: object) -> datetime | None:
    """Return the time without a zone that the reader shows as a datetime, None for anything else."""
    match shown:
        case {"__class__": name, "args": [{"base64": str(packed)}]} if name == _CLASS:
            try:
                return time_of(base64.b64decode(packed))
            except (ValueError, binascii.Error):
                return None
    return None


def time_of(state: bytes) -> datetime | None:
    """Return the time without a zone that a datetime keeps in its bytes, None for bytes that are none."""
    try:
        year_high, year_low, month, *others = state
        day, hour, minute, second, *micros = others
        micro = int.from_bytes(bytes(micros))
        return datetime(year_high << 8 | year_low, month & ~_FOLD, day, hour, minute, second, micro)  # noqa: DTZ001 - as it is stored
    except ValueError:
        return None


def _pack(at: datetime) -> bytes:
    return bytes((*divmod(at.year, 256), at.month, at.day, at.hour, at.minute, at.second)) + at.microsecond.to_bytes(3)


def rewrite_time(raw: bytes, place: int, at: datetime) -> bytes | None:
    """Return a pickled object with another time at one place of its arguments.

    None where the bytes of that time do not stand there alone.
    """
    try:
        found = _find(raw, place)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, Undecodable):
        return None
    if found is None:
        return None
    written = raw[:found] + _pack(at) + raw[found + _STATE_BYTES :]
    return written if read_pickle(written, Caps()) else None


def _find(raw: bytes, place: int) -> int | None:
    """Return where the bytes of a time begin that nothing else in the pickle refers to."""
    machine = Machine()
    starts: dict[int, int] = {}
    fetched: set[int] = set()
    for opcode, argument, position in pickletools.genops(raw):
        if opcode.name == "STOP":
            break
        if opcode.name in _FETCHES and argument is not None:
            fetched.add(id(machine.memo[argument]))
        machine.step(opcode.name, argument)
        if opcode.name == "SHORT_BINBYTES":
            starts[id(argument)] = (position or 0) + 2
    node: Any = machine.stack.pop()
    time = node.arguments[place]
    if not isinstance(time, Made) or not isinstance(time.made, Named) or time.made.name != _CLASS:
        return None
    (state,) = time.arguments if isinstance(time.arguments, list) else (None,)
    is_alone = not {id(time), id(time.arguments), id(state)} & fetched
    return starts.get(id(state)) if is_alone and isinstance(state, bytes) and len(state) == _STATE_BYTES else None
