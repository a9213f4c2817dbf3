"""The condition of a store: a role of its own, which only reads, each time within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.examination import Check, Examination, HeldSnapshot

T = TypeVar("T")

# How long a sweep may leave a lease that is over, and how many of them are counted.
LATE_S = 60.0
MOST_LATE = 1_000
MOST_HELD = 20


@runtime_checkable
class Examiner(Protocol):
    """Tells what condition its store is in."""

    def examine(self, held_s: float) -> Examination:
        """Return all that the store tells.

        What cannot be read is named in `unread`, and the rest is still told.
        Pictures of the data that were held open for longer than `held_s` are told.
        """
        ...

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return the snapshots that were held open for longer, the oldest first.

        At most MOST_HELD of them.
        Empty where holding one open costs nothing, or where it is the affair of another product.
        """
        return ()


class PartReader:
    """Reads one part of a condition after the other; `unread` says why one could not be read."""

    def __init__(self) -> None:
        self.unread: dict[Check, str] = {}

    def attempt(self, check: Check, look: Callable[[], T]) -> T | None:
        """Return a part, None where it cannot be read; raises Unreachable."""
        try:
            return look()
        except Unreachable:
            raise
        except QueueTuiError as error:
            self.unread[check] = str(error)
            return None
