"""Schedules and slots on SQL: a write locks the schedule's row; a slot is written with its job."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from queuetui.backends.native.schedule_edits import (
    Decision,
    check_act,
    check_stored,
    decide,
    declared,
    describe_before,
    read_each,
    sort_out,
    tell_unreadable,
)
from queuetui.backends.native.sql.act_records import add_act, add_rows, find_results
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker import enqueue
from queuetui.backends.native.sql.worker.endings import to_us
from queuetui.backends.native.sql.worker.new_rows import to_rows
from queuetui.backends.native.sql.worker.schedule_rows import job_id_in, to_schedule, to_values
from queuetui.backends.schedules import MOST_SCHEDULES, SLOTS_KEPT_S
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.job import Enqueued, NewJob
from queuetui.model.schedule import Schedule, ScheduleEdit, ScheduleReading, ScheduleSpec, Slot, Taken, Taking
from queuetui.model.state import FINAL

News = frozenset[str]


class SqlSchedules:
    """The ScheduleStore half of the backend."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def schedules(self) -> ScheduleReading:
        """Return the schedules by name."""
        return self._database.read(
            "reading the schedules", lambda session: _read(session, "list_schedules", MOST_SCHEDULES)
        )

    def next_slot_s(self) -> float | None:
        """Return the seconds until the soonest slot."""
        row = self._database.read("looking for the next slot", lambda session: session.row("next_slot"))
        return None if row is None else max(0.0, row[0] / 1e6)

    def due_schedules(self, limit: int) -> ScheduleReading:
        """Return the schedules that are due."""
        return self._database.read("looking for due schedules", lambda session: _read_due(session, limit))

    def take_slots(self, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        """Write the slots with their jobs, and the schedule's next slot."""
        taken, news = self._database.write("taking slots", lambda session: _take(session, name, rev, due_at, taking))
        self._database.announce(news)
        return taken

    def declare_schedule(self, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
        """Write a schedule that code declares."""
        check_stored(spec)
        return self._database.write(
            "declaring a schedule", lambda session: _declare(session, spec, next_at, rev), verbatim=True
        )

    def apply_to_schedule(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        """Apply an act to a schedule."""
        check_act(act, name, edit)
        ref = JobRef(self._database.name, name, "" if edit.rev is None else str(edit.rev))
        result, news = self._database.write(
            f"doing {act.verb.value}", lambda session: _apply_once(session, act, ref, edit), verbatim=True
        )
        self._database.announce(news)
        return result

    def prune_slots(self, limit: int) -> int:
        """Delete rows of old slots."""
        kept_us = to_us(SLOTS_KEPT_S)
        return self._database.write(
            "pruning slots", lambda session: session.change("prune_slots", kept_us=kept_us, limit=limit)
        )


def _read(session: Session, block: str, limit: int) -> ScheduleReading:
    rows = session.rows(block, limit=limit + 1)
    found, unreadable = sort_out(partial(to_schedule, session, row) for row in rows[:limit])
    return ScheduleReading(_now(session), found, len(rows) > limit, tell_unreadable(unreadable))


def _read_due(session: Session, limit: int) -> ScheduleReading:
    rows = session.rows("due_schedules", limit=limit + 1)
    found = read_each(partial(to_schedule, session, row) for row in rows[:limit])
    return ScheduleReading(_now(session), found, len(rows) > limit)


def _now(session: Session) -> datetime:
    (row,) = session.rows("read_clock")
    return session.moment_out(row[0])


def _lock(session: Session, name: str) -> Schedule | None:
    row = session.row("lock_schedule", name=name)
    return None if row is None else to_schedule(session, row)


def _take(session: Session, name: str, rev: int, due_at: datetime, taking: Taking) -> tuple[Taken | None, News]:
    known = _lock(session, name)
    if known is None or known.paused_at is not None or (known.rev, known.next_at) != (rev, due_at):
        return None, frozenset()
    goes_on = known.last_state is not None and known.last_state not in FINAL
    overlaps = bool(taking.slots) and not known.spec.overlap and goes_on
    new = [slot for slot in taking.slots if _add_slot(session, name, slot, makes_job=not overlaps)]
    made, news = _enqueue(session, [] if overlaps else [slot.job for slot in new])
    last_slot_at = taking.slots[-1].at if taking.slots else known.last_slot_at
    last_job_id = made[-1].id if made else known.last_job_id
    after = replace(known, next_at=taking.next_at, last_slot_at=last_slot_at, last_job_id=last_job_id)
    session.change("write_schedule", **to_values(session, after))
    return Taken(made, overlaps), news


def _add_slot(session: Session, name: str, slot: Slot, *, makes_job: bool) -> bool:
    job_id = job_id_in(session, slot.job.id) if makes_job else None
    return session.change("add_slot", schedule=name, slot_at=session.moment_in(slot.at), job_id=job_id) > 0


def _enqueue(session: Session, jobs: list[NewJob]) -> tuple[tuple[Enqueued, ...], News]:
    rows = to_rows(jobs)
    made = enqueue.enqueue(session, rows) if rows else ()
    return made, enqueue.news(rows, made)


def _declare(session: Session, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
    known = _lock(session, spec.name)
    if (None if known is None else known.rev) != rev:
        return False
    return _write(session, known, declared(known, spec, next_at))


def _write(session: Session, known: Schedule | None, after: Schedule) -> bool:
    """Write a schedule; False where another one of that name was added at the same moment."""
    return session.change("add_schedule" if known is None else "write_schedule", **to_values(session, after)) > 0


def _apply_once(session: Session, act: Act, ref: JobRef, edit: ScheduleEdit) -> tuple[Result, News]:
    add_act(session, act)
    known = _lock(session, ref.id)
    row = JobRef(ref.backend, f"schedule {ref.id}", ref.rev)
    earlier = find_results(session, act, [row])
    if earlier:
        return replace(earlier[row.id], ref=ref), frozenset()
    decision = decide(act, known, edit, _now(session))
    result, news = _do(session, ref, known, decision)
    add_rows(session, act, [replace(result, ref=row)])
    return result, news


def _do(session: Session, ref: JobRef, known: Schedule | None, decision: Decision) -> tuple[Result, News]:
    if decision.refusal:
        return Result(ref, Outcome.SKIPPED, note=decision.refusal), frozenset()
    after, before = decision.schedule, describe_before(known)
    if after is None:
        session.change("drop_schedule", name=ref.id)
        return Result(ref, Outcome.DONE, before=before), frozenset()
    made, news = _enqueue(session, [] if decision.job is None else [decision.job])
    if made:
        after = replace(after, last_job_id=made[0].id)
    if not _write(session, known, after):
        return Result(ref, Outcome.SKIPPED, note="there is a schedule of that name already"), frozenset()
    note = f"job {made[0].id}" if made else ""
    return Result(ref, Outcome.DONE, note=note, before=before, rev_after=str(after.rev)), news
