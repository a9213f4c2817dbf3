"""The contract of the examination of a store's condition; it only reads, within bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, runtime_checkable

from queuetui.model.errors import QueueTuiError, Unreachable
from queuetui.model.examination import Check, Examination, HeldSnapshot

T = TypeVar("T")

# How long an expired lease may stay unswept before it counts as late, and how many late leases are counted at most.
LATE_S = 60.0
MOST_LATE = 1_000
MOST_HELD = 20


@runtime_checkable
class Examiner(Protocol):
    """Examines the condition of a store."""

    def examine(self, held_s: float) -> Examination:
        """Return the condition of the store.

        A part that cannot be read is named in `unread`; the other parts are still returned.
        Snapshots of the data that have been held open for longer than `held_s` are listed.
        """
        ...

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return the snapshots that have been held open for longer than `held_s`, the oldest first.

        At most MOST_HELD of them.
        Empty where an open snapshot costs nothing, or where another product is responsible for it.
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
