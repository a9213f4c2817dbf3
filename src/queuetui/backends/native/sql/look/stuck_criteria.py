"""The criteria by which stuck jobs are found."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.waiting_queues import WaitingQueues

# The states of a job that is not due yet.
PUT_OFF = (State.SCHEDULED, State.RETRYING)
LATE_STATES = (State.PENDING, *PUT_OFF)


@dataclass(frozen=True, slots=True)
class StuckCriteria:
    """The criteria for candidates; `unconsumed` and `idle` are as in `WaitingQueues`."""

    now: datetime
    limits: Limits
    unconsumed: tuple[str, ...] = ()
    idle: tuple[str, ...] = ()

    @property
    def late(self) -> tuple[str, ...]:
        """All queues in which a waiting job may be stuck."""
        return (*self.unconsumed, *self.idle)

    def without(self, names: Collection[str]) -> StuckCriteria:
        """Return the same for all queues but these."""
        left = [tuple(name for name in group if name not in names) for group in (self.unconsumed, self.idle)]
        return StuckCriteria(self.now, self.limits, *left)

    @property
    def waiting(self) -> WaitingQueues:
        """The same queues in the form that the model's rule takes."""
        return WaitingQueues(frozenset(self.unconsumed), frozenset(self.idle))
