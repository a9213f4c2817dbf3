"""A number that says how it was got."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

T = TypeVar("T")


class Exactness(StrEnum):
    """How far a measured value may be trusted."""

    EXACT = "exact"
    CAPPED = "capped"
    ESTIMATED = "estimated"
    CACHED = "cached"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Measured(Generic[T]):
    """A value with how it was got; absent is not zero.

    `capped` means "at least this many"; `as_of` is the store's clock; `why` explains what is absent or estimated.
    """

    value: T | None
    exactness: Exactness = Exactness.EXACT
    as_of: datetime | None = None
    why: str = ""


def absent(why: str) -> Measured[T]:
    """Return the value that is not there, with the reason."""
    return Measured(None, Exactness.ABSENT, why=why)
