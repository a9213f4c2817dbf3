"""Numbers in words and in short forms, with the mark of their exactness."""

from __future__ import annotations

from queuetui.model.measured import Exactness, Measured

_UNITS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_SHORT_FROM = 10_000
_TENTHS_BELOW = 100
_TIGHT_FROM = 1000
_TIGHT_TENTHS_BELOW = 10
_ROUNDS_UP_TO_ONE = 0.9995


def counted(number: int, noun: str) -> str:
    """Return `1 job` or `37 jobs`, for a noun whose plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def short_number(value: float) -> str:
    """Return at most four digits and a unit: `9,812`, `12.4k`, `4.1M`."""
    if abs(value) < _SHORT_FROM:
        return f"{value:,.0f}"
    size, unit = next(pair for pair in _UNITS if abs(value) >= pair[0] * _ROUNDS_UP_TO_ONE)
    scaled = value / size
    tenths = abs(round(scaled, 1)) < _TENTHS_BELOW
    return f"{scaled:.1f}{unit}" if tenths else f"{scaled:.0f}{unit}"


def tight_number(value: float) -> str:
    """Return at most three digits and a unit: `812`, `9.8k`, `12k`, `4.1M`."""
    if abs(value) < _TIGHT_FROM:
        return f"{value:.0f}"
    size, unit = next(pair for pair in _UNITS if abs(value) >= pair[0] * _ROUNDS_UP_TO_ONE)
    scaled = value / size
    return f"{scaled:.1f}{unit}" if abs(round(scaled, 1)) < _TIGHT_TENTHS_BELOW else f"{scaled:.0f}{unit}"


def mark_count(count: Measured[int], age: str = "") -> str:
    """Return `12,403`, `10,000+`, `~4.1M`, `12,403 (7 m)` or `-`; `age` is that of a count of before."""
    if count.value is None or count.exactness is Exactness.ABSENT:
        return "-"
    match count.exactness:
        case Exactness.ESTIMATED:
            return f"~{short_number(count.value)}"
        case Exactness.CAPPED:
            return f"{count.value:,}+{f' ({age})' if age else ''}"
        case Exactness.CACHED:
            return f"{count.value:,}{f' ({age})' if age else ''}"
        case _:
            return f"{count.value:,}"
