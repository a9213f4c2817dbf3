"""Durations as people write them: `90`, `30s`, `5m`, `1h30m`, `2d`, `1w`."""

from __future__ import annotations

import re

UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_PIECE = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d|w))+")


def parse_duration_s(text: str) -> float:
    """Return the seconds of a duration; a bare number is seconds. Raises ValueError."""
    text = text.strip().replace(" ", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", text):
        return float(text)
    if not _WHOLE.fullmatch(text):
        message = f"{text!r} is not a duration; write it like 90, 30s, 5m, 1h30m or 2d"
        raise ValueError(message)
    return sum(float(number) * UNITS_S[unit] for number, unit in _PIECE.findall(text))
