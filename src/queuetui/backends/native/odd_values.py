"""Reads stored values that another program may have written, as far as they can be read.

One unreadable value must not fail the read of the other rows.

What is odd about a job is said among its remarks.
"""

from __future__ import annotations

import json
import math
import re
import struct
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from queuetui.model.clock import EARLIEST, LATEST, from_us
from queuetui.model.errors import Unsupported
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize

# The exceptions that reading an unexpected value raises.
UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
)
_SHOWN_CHARS = 40
_ID_CHARS = 36
_NO_TEXT = "\ufffd"
_WHOLE = re.compile(r"-?[0-9]{1,20}")
_HOW_TO_MEND = "delete the job, or write a right value by hand"


def read_level(value: object, name: str) -> int:
    """Return a number of the queue's metadata, such as its schema; raises Unsupported for other values."""
    said = str(value)
    if _WHOLE.fullmatch(said) is None:
        shown = sanitize(said, _SHOWN_CHARS)
        message = f"the queue cannot be used: its meta holds {shown!r} as {name}, which is no number; write the right one there by hand"
        raise Unsupported(message)
    return int(said)


def read_json(text: str | bytes | None) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of a JSON text, None where it is no JSON or nests too deep."""
    try:
        return json.loads(text or "null")
    except (ValueError, RecursionError):
        return None


def read_amounts(value: object) -> dict[str, float]:
    """Return the numbers of an object by name; other values are left out."""
    pairs = value.items() if isinstance(value, dict) else ()
    found = {name: _read_amount(amount) for name, amount in pairs}
    return {name: amount for name, amount in found.items() if amount is not None}


def _read_amount(value: object) -> float | None:
    try:
        amount = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return None
    return amount if math.isfinite(amount) else None


def read_texts(value: object) -> tuple[Untrusted, ...]:
    """Return the texts of a list; other values are left out."""
    return tuple(Untrusted(one) for one in value if isinstance(one, str)) if isinstance(value, list | tuple) else ()


def read_choice(value: object) -> tuple[Untrusted, ...]:
    """Return the names that a list chooses: all if it is empty, one that matches nothing if unreadable."""
    found = read_texts(value)
    return found if found or value == [] else (Untrusted("(not a list of texts)"),)


def read_moment(us: float | bytes | str) -> datetime:
    """Return the time of stored microseconds; outside the calendar, the nearest time within it."""
    try:
        return from_us(int(us) if is_number(us) else int(float(us)))
    except (ValueError, OverflowError):
        return EARLIEST if str(us).lstrip("b'").startswith("-") else LATEST


def is_number(text: float | bytes | str) -> bool:
    """Tell whether a text is a whole number that our stores can hold."""
    return (
        isinstance(text, bytes | str)
        and _WHOLE.fullmatch(text if isinstance(text, str) else text.decode("latin-1")) is not None
    )


def read_number(text: bytes | str | None) -> int:
    """Return a stored whole number, 0 for any other value."""
    return int(text) if text is not None and is_number(text) else 0


@dataclass(slots=True)
class JobRemarks:
    """Reads the values of one job and collects what is odd about them."""

    said: list[str] = field(default_factory=list)

    def read_state(self, value: object) -> State:
        """Return a state; a job whose stored state is unknown is shown as blocked."""
        if isinstance(value, State) and value is not State.BLOCKED:
            return value
        self._say(f"its state is stored as {_show(value)}, which is none: no worker takes it")
        return State.BLOCKED

    def read_id(self, value: str) -> str:
        """Return an id; only SQLite can hold one that is no UUID."""
        # An id that is not 16 bytes long was read as its digits.
        if len(value) != _ID_CHARS or "-" not in value:
            self.said.append("its id is not the 16 bytes of a UUID: no worker takes it; delete its row by hand")
        return value

    def read_text(self, value: str, name: str) -> Untrusted:
        """Return a text; in SQLite it may hold any bytes."""
        if _NO_TEXT in value:
            self._say(f"its {name} is stored with bytes that are no text, shown as {_NO_TEXT}")
        return Untrusted(value)

    def read_names(self, value: object, name: str) -> tuple[Untrusted, ...]:
        """Return the texts of a stored list."""
        found = read_texts(value)
        if not isinstance(value, list | tuple) or len(found) < len(value):
            self._say(f"its {name} are stored as something else than a list of texts: {_show(value)}")
        return found

    def read_count(self, value: int, name: str) -> int:
        """Return a count, which cannot be below zero."""
        if value < 0:
            self._say(f"its {name} are stored as {value}, which is below zero")
        return value

    def _say(self, what: str) -> None:
        self.said.append(f"{what}; {_HOW_TO_MEND}")


def _show(value: object) -> str:
    try:
        written = json.dumps(value)
    except (TypeError, ValueError, RecursionError):
        written = type(value).__name__
    return str(sanitize(written, _SHOWN_CHARS))
