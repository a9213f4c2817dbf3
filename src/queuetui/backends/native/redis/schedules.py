"""Schedules and slots on Redis: decided here, and written by a script that compares and sets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from queuetui.backends.native.odd_values import read_moment, read_number
from queuetui.backends.native.redis.ids import from_stored
from queuetui.backends.native.redis.new_jobs import read_answers, read_jobs
from queuetui.backends.native.redis.server import Server, Value
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
from queuetui.backends.native.texts import storable
from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.clock import to_us
from queuetui.model.errors import Conflict
from queuetui.model.schedule import Schedule, ScheduleEdit, ScheduleReading, ScheduleSpec, Taken, Taking
from queuetui.model.state import State

TRIES = 10
_NO_ACT: tuple[Value, ...] = ("", "", "", "", "")


class RedisSchedules:
    """The ScheduleStore half of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def schedules(self) -> ScheduleReading:
        """Return the schedules by name."""
        now, *rows = self._server.read("reading the schedules", "schedules", MOST_SCHEDULES + 1)
        found, unreadable = sort_out(partial(_to_schedule, values) for values in rows[:MOST_SCHEDULES])
        return ScheduleReading(read_moment(now), found, len(rows) > MOST_SCHEDULES, tell_unreadable(unreadable))

    def next_slot_s(self) -> float | None:
        """Return the seconds until the soonest slot."""
        reply = self._server.read("looking for the next slot", "next_slot")
        return None if reply is None else max(0.0, int(reply) / 1e6)

    def due_schedules(self, limit: int) -> ScheduleReading:
        """Return the schedules that are due."""
        now, *found = self._server.read("looking for due schedules", "due_schedules", limit + 1)
        schedules = read_each(partial(_to_schedule, values) for values in found[:limit])
        return ScheduleReading(read_moment(now), schedules, len(found) > limit)

    def take_slots(self, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        """Write the slots with their jobs, and the schedule's next slot."""
        values: list[Value] = [name, rev, to_us(due_at), to_us(taking.next_at), len(taking.slots)]
        values += [to_us(slot.at) for slot in taking.slots]
        values += read_jobs([slot.job for slot in taking.slots])
        reply = self._server.write("taking slots", "take_slots", *values)
        if reply is None:
            return None
        if isinstance(reply, bytes):
            return Taken((), overlapped=True)
        places, *answer = reply
        return Taken(read_answers([taking.slots[place - 1].job for place in places], answer))

    def declare_schedule(self, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
        """Write a schedule that code declares."""
        check_stored(spec)
        known, _ = self._read(spec.name)
        if (None if known is None else known.rev) != rev:
            return False
        fields = _fields(declared(known, spec, next_at))
        return self._write("declaring a schedule", _NO_ACT, spec.name, rev, ("", "", "write"), fields) is not None

    def apply_to_schedule(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        """Apply an act to a schedule; decided anew where it has changed meanwhile."""
        check_act(act, name, edit)
        ref = JobRef(self._server.name, name, "" if edit.rev is None else str(edit.rev))
        for _ in range(TRIES):
            known, now = self._read(name)
            reply = self._try(act, name, known, decide(act, known, edit, now))
            if reply is not None:
                return _to_result(ref, reply)
        raise Conflict(f"the schedule {name!r} is changed by others all the time; nothing was done to it, try again")

    def prune_slots(self, limit: int) -> int:
        """Delete nothing: slots expire by themselves."""
        return 0

    def _read(self, name: str) -> tuple[Schedule | None, datetime]:
        now, *found = self._server.read("reading a schedule", "schedules", 1, name)
        return (_to_schedule(found[0]) if found else None), read_moment(now)

    def _try(self, act: Act, name: str, known: Schedule | None, decision: Decision) -> Sequence[Any] | None:
        said = (act.id, act.verb.value, storable(act.actor), storable(act.reason), storable(act.filter))
        after, before = decision.schedule, describe_before(known) or ""
        rev = None if known is None else known.rev
        doing = f"doing {act.verb.value}"
        if decision.refusal:
            return self._write(doing, said, name, rev, (f"skipped||{decision.refusal}|", "", "keep"), {})
        if after is None:
            return self._write(doing, said, name, rev, ("done|||", before, "drop"), {})
        note = "" if decision.job is None else f"job {decision.job.id}"
        row = (f"done||{note}|{after.rev}", before, "write")
        return self._write(doing, said, name, rev, row, _fields(after), () if decision.job is None else (decision.job,))

    def _write(
        self,
        doing: str,
        said: Sequence[Value],
        name: str,
        rev: int | None,
        row: tuple[str, str, str],
        fields: dict[str, Value],
        jobs: Sequence[Any] = (),
    ) -> Sequence[Any] | None:
        pairs = [part for pair in fields.items() for part in pair]
        seen: Value = "" if rev is None else rev
        reply: Sequence[Any] | None = self._server.write(
            doing, "write_schedule", *said, name, seen, *row, len(fields), *pairs, *read_jobs(jobs)
        )
        return reply


def _fields(schedule: Schedule) -> dict[str, Value]:
    """Return the fields that an edit writes.

    A slot that was taken meanwhile may be looked at again: it is known and makes nothing.
    """
    return {
        "spec": schedule.spec.to_text(),
        "overlap": int(schedule.spec.overlap),
        "rev": schedule.rev,
        "next": to_us(schedule.next_at),
        "declared": int(schedule.declared),
        "paused_at": "" if schedule.paused_at is None else to_us(schedule.paused_at),
        "paused_by": schedule.paused_by or "",
    }


def _to_schedule(values: Sequence[bytes | None]) -> Schedule:
    """Return the schedule of a hash's fields; raises BadConfig where its spec cannot be read."""
    spec, rev, next_at, is_declared, paused_at, paused_by, last_slot, last_job, state = [
        None if value is None else value.decode("utf-8", "replace") for value in values
    ]
    return Schedule(
        spec=ScheduleSpec.from_text(spec or ""),
        rev=read_number(rev),
        next_at=read_moment(next_at or 0),
        declared=is_declared == "1",
        paused_at=None if paused_at is None else read_moment(paused_at),
        paused_by=paused_by,
        last_slot_at=None if last_slot is None else read_moment(last_slot),
        last_job_id=None if last_job is None else from_stored(last_job.encode()),
        last_state=None if state is None else State(state),
    )


def _to_result(ref: JobRef, reply: Sequence[Any]) -> Result:
    row, before = reply
    outcome, _, note, rev = row.decode().split("|")
    told = before.decode() if before else None
    return Result(ref, Outcome(outcome), note=note, before=told, rev_after=rev or None)
