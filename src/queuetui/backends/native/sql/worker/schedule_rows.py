"""Converts schedules to rows and back."""

from __future__ import annotations

from datetime import datetime

from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.sql.session import Row, Session
from queuetui.backends.native.sql.state_codes import state_of
from queuetui.model.schedule import Schedule, ScheduleSpec


def to_schedule(session: Session, row: Row) -> Schedule:
    """Return the schedule of a row; raises BadConfig where its spec cannot be read."""
    spec, rev, next_at, declared, paused_at, paused_by, last_slot_at, last_job_id, last_state = row
    return Schedule(
        spec=ScheduleSpec.from_text(spec),
        rev=rev,
        next_at=session.moment_out(next_at),
        declared=bool(declared),
        paused_at=_moment_out(session, paused_at),
        paused_by=paused_by,
        last_slot_at=_moment_out(session, last_slot_at),
        last_job_id=None if last_job_id is None else session.id_out(last_job_id),
        last_state=None if last_state is None else state_of(last_state),
    )


def to_values(session: Session, schedule: Schedule) -> dict[str, object]:
    """Return the values of a schedule's row."""
    return {
        "name": schedule.spec.name,
        "rev": schedule.rev,
        "next_at": session.moment_in(schedule.next_at),
        "declared": schedule.declared,
        "paused_at": _moment_in(session, schedule.paused_at),
        "paused_by": schedule.paused_by,
        "last_slot_at": _moment_in(session, schedule.last_slot_at),
        "last_job_id": job_id_in(session, schedule.last_job_id),
        "spec": schedule.spec.to_text(),
    }


def job_id_in(session: Session, job_id: str | None) -> object:
    """Return a job's id as the store holds it."""
    found = None if job_id is None else parse_id(job_id)
    return None if found is None else session.id_in(found)


def _moment_in(session: Session, at: datetime | None) -> object:
    return None if at is None else session.moment_in(at)


def _moment_out(session: Session, value: object) -> datetime | None:
    return None if value is None else session.moment_out(value)
