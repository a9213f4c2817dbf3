"""The contract of what runs tell beside their endings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from queuetui.model.run_notes import TAG_MARK, RunNotes, UsageTotal

MOST_USAGE_TOTALS = 1000


def usage_order(total: tuple[tuple[str, ...], float]) -> tuple[bool, tuple[str, ...]]:
    """Return where a sum stands among others, by its queue, type and name."""
    place, _ = total
    return place[-1].startswith(TAG_MARK), place


@runtime_checkable
class RunNotesStore(Protocol):
    """Keeps notes beside jobs, as long as the job itself; nothing is written for runs that tell nothing."""

    def write_notes(self, lease_id: str, notes: Sequence[RunNotes]) -> None:
        """Write what runs under a valid lease have told, in place of what they told before.

        Stale runs are passed over.
        The minute's usage grows by what is new in each sum, so the same notes written twice count once.
        """
        ...

    def usage_totals(self, minutes: int) -> tuple[UsageTotal, ...]:
        """Return what was counted in the last minutes by queue, type and name.

        What handlers count comes before what workers count by tags, else in that order; at most MOST_USAGE_TOTALS.
        """
        ...
