"""A number with its exactness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Exactness(StrEnum):
    """How exact a measured value is."""

    EXACT = "exact"
    CAPPED = "capped"
    ESTIMATED = "estimated"
    CACHED = "cached"
    ABSENT = "absent"


# A figure that is older than a few polls says so.
OLD_S = 10.0


@dataclass(frozen=True, slots=True)
class Measured(Generic[T]):
    """A value with its exactness; absent is not zero.

    `capped` means "at least this many"; `as_of` is the store's clock; `why` explains what is absent or estimated.
    """

    value: T | None
    exactness: Exactness = Exactness.EXACT
    as_of: datetime | None = None
    why: str = ""


def absent(why: str) -> Measured[T]:
    """Return an absent value with its reason."""
    return Measured(None, Exactness.ABSENT, why=why)


def old_s(count: Measured[int], now: datetime) -> float | None:
    """Return the age of a count, None where it is of the last few polls."""
    if count.value is None or count.as_of is None or count.exactness not in {Exactness.CACHED, Exactness.CAPPED}:
        return None
    age_s = (now - count.as_of).total_seconds()
    return age_s if age_s >= OLD_S else None


_SUREST_FIRST = (Exactness.EXACT, Exactness.CACHED, Exactness.ESTIMATED, Exactness.CAPPED)


def add_counts(parts: Sequence[Measured[int]]) -> Measured[int]:
    """Return the sum, which is as exact as its least exact part."""
    known = [part for part in parts if part.value is not None]
    if not known:
        return absent("this store does not keep it")
    worst = max(known, key=lambda part: _SUREST_FIRST.index(part.exactness))
    return Measured(sum(part.value or 0 for part in known), worst.exactness, worst.as_of, worst.why)
