"""Durations as people write them: `90`, `30s`, `5m`, `1h30m`, `2d`, `1w`.

And as programs give them: seconds or a timedelta.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta

from queuetui.model.names import shown

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
# Every calendar and store can hold a time that lies this far ahead.
LONGEST_S = 1000 * 365.25 * 86_400
SHORTEST_LIMIT_S = 0.01


def parse_duration_s(text: str) -> float:
    """Return the seconds of a duration; a bare number is seconds; raises ValueError."""
    written = text.strip().replace(" ", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", written):
        seconds = float(written)
    elif _WHOLE.fullmatch(written):
        seconds = sum(float(number) * UNITS_S[unit] for number, unit in _PIECE.findall(written))
    else:
        message = f"{text!r} is not a duration; write it like 90, 30s, 5m, 1h30m or 2d"
        raise ValueError(message)
    if seconds > LONGEST_S:
        message = f"{text[:40]!r} is longer than a thousand years"
        raise ValueError(message)
    return seconds


def read_span_s(span: object, what: str) -> float:
    """Return the seconds of a duration that a program gave; raises TypeError or ValueError naming `what`."""
    seconds: object = timedelta.total_seconds(span) if isinstance(span, timedelta) else span
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise TypeError(f"{what} is {shown(span)}; give a number of seconds or a timedelta")
    if not 0 <= seconds <= LONGEST_S:
        raise ValueError(f"{what} is {shown(span)}; give between 0 seconds and a thousand years")
    return float(seconds)


def read_wait_s(span: object, what: str) -> float:
    """Return the seconds to wait: infinity has no end, and what is left of a time that is over is nothing.

    Raises TypeError or ValueError naming `what`.
    """
    seconds: object = timedelta.total_seconds(span) if isinstance(span, timedelta) else span
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        if seconds == math.inf:
            return math.inf
        if seconds < 0:
            return 0.0
    return read_span_s(span, what)


def read_limit_s(span: object, what: str) -> float:
    """Return the seconds of a duration within which something is to end.

    Raises TypeError or ValueError naming `what`.
    """
    limit_s = read_span_s(span, what)
    if limit_s < SHORTEST_LIMIT_S:
        raise ValueError(f"{what} is {shown(span)}, in which no run can end; give at least 10 ms, or leave it away")
    return limit_s


def read_whole_s(span: object, what: str) -> int:
    """Return the whole seconds of a duration of at least one.

    Raises TypeError or ValueError naming `what`.
    """
    seconds = read_span_s(span, what)
    if seconds < 1 or not seconds.is_integer():
        raise ValueError(f"{what} is {shown(span)}; give whole seconds, at least 1")
    return int(seconds)


def read_part(part: object, what: str) -> float:
    """Return a part of a whole; raises TypeError or ValueError naming `what`."""
    if isinstance(part, bool) or not isinstance(part, int | float):
        raise TypeError(f"{what} is {shown(part)}; give a number from 0 to 1")
    if not 0 <= part <= 1:
        raise ValueError(f"{what} is {shown(part)}; give a number from 0 to 1")
    return float(part)
