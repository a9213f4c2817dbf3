"""A schedule as it is shown to people and programs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from queuetui.model.clock import to_text
from queuetui.model.verdict import Code, Verdict

if TYPE_CHECKING:
    from queuetui.model.schedule import Missed
    from queuetui.model.state import State
    from queuetui.model.text import Untrusted


@dataclass(frozen=True, slots=True)
class ScheduleInfo:
    """One schedule; `rev` is the version that was seen, `last_job_id` the true id of the job it made last.

    Of another product's what it does not store is None: `cron` is then in its own words, and `held` says that it is paused.
    """

    name: Untrusted
    rev: int
    cron: Untrusted | None
    every_s: int | None
    tz: Untrusted
    type: Untrusted
    queue: Untrusted | None
    payload: Untrusted | None
    overlap: bool | None
    missed: Missed | None
    grace_s: float | None
    declared: bool | None
    next_at: datetime | None
    last_slot_at: datetime | None
    last_job_id: str | None
    last_state: State | None
    paused_at: datetime | None
    paused_by: Untrusted | None
    verdict: Verdict
    held: bool = False

    @property
    def is_paused(self) -> bool:
        """Whether its slots make no jobs until somebody resumes it."""
        return self.held or self.paused_at is not None

    @property
    def is_overdue(self) -> bool:
        """Whether a slot passed and nobody made its job."""
        return self.verdict.code is Code.SCHEDULE_OVERDUE


def describe_schedule(schedule: ScheduleInfo) -> dict[str, Any]:
    """Return a schedule as programs read it."""
    from queuetui.model.document import describe_verdict

    verdict = schedule.verdict
    return {
        "name": schedule.name.raw,
        "cron": None if schedule.cron is None else schedule.cron.raw,
        "every_seconds": schedule.every_s,
        "tz": schedule.tz.raw,
        "type": schedule.type.raw,
        "queue": None if schedule.queue is None else schedule.queue.raw,
        "payload": None if schedule.payload is None else schedule.payload.raw,
        "overlap": schedule.overlap,
        "missed": None if schedule.missed is None else schedule.missed.value,
        "grace_seconds": schedule.grace_s,
        "declared": schedule.declared,
        "next_at": _time(schedule.next_at),
        "last_slot_at": _time(schedule.last_slot_at),
        "last_job_id": schedule.last_job_id,
        "last_state": None if schedule.last_state is None else schedule.last_state.value,
        "paused": schedule.is_paused,
        "paused_at": _time(schedule.paused_at),
        "paused_by": None if schedule.paused_by is None else schedule.paused_by.raw,
        "verdict": describe_verdict(verdict),
    }


def _time(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)
