"""The contract of run notes: usage, measurements and result lifetimes that runs report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from queuetui.model.run_notes import TAG_MARK, RunNotes, UsageTotal

MOST_USAGE_TOTALS = 1000


def usage_order(total: tuple[tuple[str, ...], float]) -> tuple[bool, tuple[str, ...]]:
    """Return the sort key of a usage sum, from its queue, type and name."""
    place, _ = total
    return place[-1].startswith(TAG_MARK), place


@runtime_checkable
class RunNotesStore(Protocol):
    """Keeps the notes of each job as long as the job; nothing is written for runs without notes."""

    def write_notes(self, lease_id: str, notes: Sequence[RunNotes]) -> None:
        """Write the notes of runs under a valid lease; they replace the earlier notes of the same runs.

        Stale runs are skipped. The usage of the minute grows by the difference to the earlier notes, so the same notes
        written twice count once.
        """
        ...

    def usage_totals(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return the usage of the last minutes summed by queue, type and name.

        Sorted by them, but the counts of handlers come before those that workers keep by tags; at most MOST_USAGE_TOTALS.
        """
        ...
