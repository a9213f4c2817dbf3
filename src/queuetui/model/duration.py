"""Durations as people write them: `90`, `30s`, `5m`, `1h30m`, `2d`, `1w`."""

from __future__ import annotations

import re

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")
# A time so far off can still be told by every calendar and store.
LONGEST_S = 1000 * 365.25 * 86_400


def parse_duration_s(text: str) -> float:
    """Return the seconds of a duration; a bare number is seconds. Raises ValueError."""
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
