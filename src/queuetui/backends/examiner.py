"""The condition of a store: a role of its own, which only reads, each time within bounds."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from queuetui.model.examination import Examination, HeldSnapshot

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
