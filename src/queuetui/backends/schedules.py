"""The contract of recurring jobs.

The store holds the schedules, and one row per slot, so that a slot makes its job once however many workers try.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from queuetui.model.act import Act, Result
    from queuetui.model.schedule import ScheduleEdit, ScheduleReading, ScheduleSpec, Taken, Taking

MOST_SCHEDULES = 1_000
SLOTS_KEPT_S = 8 * 86_400.0


class ScheduleReader(Protocol):
    """Reads schedules for people; the stores of other products offer no more."""

    def schedules(self) -> ScheduleReading:
        """Return the schedules by name, at most MOST_SCHEDULES, with the state of each one's last job.

        Writes nothing.
        """
        ...


@runtime_checkable
class ScheduleStore(ScheduleReader, Protocol):
    """The schedules as workers, programs and people use them; all times are by the store's clock."""

    def next_slot_s(self) -> float | None:
        """Return the seconds until the soonest slot of a schedule that is not paused.

        Zero when a slot is due, None without schedules.
        """
        ...

    def due_schedules(self, limit: int) -> ScheduleReading:
        """Return the schedules that are due and not paused, the most overdue first.

        The state of their last jobs is not read.
        """
        ...

    def take_slots(self, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        """Write slots, their jobs and the next slot in one transaction.

        Nothing is written if the schedule has changed since it was read at `rev`: then another worker was first, or it was
        edited, paused or removed, and None is returned. A slot that has its row already makes no job.
        """
        ...

    def declare_schedule(self, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
        """Write a schedule declared in code over the one read at `rev` (None: absent); a pause is kept.

        Returns False when the schedule has changed since.
        """
        ...

    def apply_to_schedule(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        """Apply SCHEDULE, UNSCHEDULE, PAUSE, RESUME or RUN to a schedule if it is still at `edit.rev`.

        The ref's id is the schedule's name; after RUN the note names the job. The same act id takes effect only once.
        """
        ...

    def prune_slots(self, limit: int) -> int:
        """Delete one small batch of slot rows older than SLOTS_KEPT_S; return how many."""
        ...


def declare(store: ScheduleStore, spec: ScheduleSpec, reading: ScheduleReading) -> bool:
    """Write a schedule declared in code if the stored one differs; tell whether it was written.

    The next slot stays if the timing does. Returns False also if the schedule has changed since the reading. Raises ValueError.
    """
    known = next((one for one in reading.schedules if one.spec.name == spec.name), None)
    if known is not None and known.declared and known.spec == spec:
        return False
    from queuetui.timetable import next_slot

    keeps_slots = known is not None and known.spec.timing == spec.timing
    next_at = known.next_at if known is not None and keeps_slots else next_slot(spec.timing, reading.now)
    return store.declare_schedule(spec, next_at, None if known is None else known.rev)
