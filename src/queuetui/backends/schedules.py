"""The contract of recurring jobs.

Schedules, and one row a slot, so that a slot makes its job once however many workers look.
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
    """What people see of schedules: all that another product's store has of them."""

    def schedules(self) -> ScheduleReading:
        """Return the schedules by name, at most MOST_SCHEDULES, with the state of each one's last job.

        Writes nothing.
        """
        ...


@runtime_checkable
class ScheduleStore(ScheduleReader, Protocol):
    """What workers, programs and people use of schedules; all times are by the store's clock."""

    def next_slot_s(self) -> float | None:
        """Return the seconds until the soonest slot of a schedule that is not paused.

        Zero when one is due, None without any.
        """
        ...

    def due_schedules(self, limit: int) -> ScheduleReading:
        """Return the schedules that are due and not paused, the longest due first.

        Their last jobs are not read.
        """
        ...

    def take_slots(self, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        """Write slots, their jobs and the next slot in one transaction.

        Nothing is written if the schedule has changed since it was seen.
        None: another worker was first, or it was edited, paused or removed. A slot that has its row already makes no job.
        """
        ...

    def declare_schedule(self, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
        """Write what code declares over the schedule seen at `rev` (None: not there), its pause left as it is.

        False when it changed.
        """
        ...

    def apply_to_schedule(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        """Do SCHEDULE, UNSCHEDULE, PAUSE, RESUME or RUN to a schedule seen at `edit.rev`, compared and set.

        The ref's id is the schedule's name; after RUN the note names the job. Asked twice with one act id it acts once.
        """
        ...

    def prune_slots(self, limit: int) -> int:
        """Delete rows of slots older than SLOTS_KEPT_S, in one small bite; return how many."""
        ...


def declare(store: ScheduleStore, spec: ScheduleSpec, reading: ScheduleReading) -> bool:
    """Write what code asks for where it is not stored so; tell whether it was written.

    A slot that is awaited stays where the timing does. False also where the schedule changed since the reading. Raises ValueError.
    """
    known = next((one for one in reading.schedules if one.spec.name == spec.name), None)
    if known is not None and known.declared and known.spec == spec:
        return False
    from queuetui.timetable import next_slot

    keeps_slots = known is not None and known.spec.timing == spec.timing
    next_at = known.next_at if known is not None and keeps_slots else next_slot(spec.timing, reading.now)
    return store.declare_schedule(spec, next_at, None if known is None else known.rev)
