"""Schedules and slots, in memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from queuetui.backends.native.memory.job_store import MemoryJobStore
from queuetui.backends.native.schedule_edits import check_act, check_stored, decide, declared, describe_before
from queuetui.backends.schedules import MOST_SCHEDULES, SLOTS_KEPT_S
from queuetui.model.act import Act, JobRef, Outcome, Result
from queuetui.model.schedule import Schedule, ScheduleEdit, ScheduleReading, ScheduleSpec, Taken, Taking
from queuetui.model.state import FINAL


class MemorySchedules(MemoryJobStore):
    """The ScheduleStore half of the backend; the jobs of slots are stored by the usual enqueue."""

    name: str

    def schedules(self) -> ScheduleReading:
        """Return the schedules by name."""
        with self.store.lock:
            names = sorted(self.store.schedules)
            found = tuple(self._with_state(self.store.schedules[name]) for name in names[:MOST_SCHEDULES])
            return ScheduleReading(self.store.now(), found, len(names) > MOST_SCHEDULES)

    def _with_state(self, known: Schedule) -> Schedule:
        job = self.store.jobs.get(known.last_job_id or "")
        return replace(known, last_state=None if job is None else job.state)

    def next_slot_s(self) -> float | None:
        """Return the seconds until the soonest slot."""
        with self.store.lock:
            soonest = min((known.next_at for known in self._going_on()), default=None)
            return None if soonest is None else max(0.0, (soonest - self.store.now()).total_seconds())

    def due_schedules(self, limit: int) -> ScheduleReading:
        """Return the schedules that are due."""
        with self.store.lock:
            now = self.store.now()
            due = sorted((known for known in self._going_on() if known.next_at <= now), key=lambda one: one.next_at)
            return ScheduleReading(now, tuple(due[:limit]), len(due) > limit)

    def _going_on(self) -> list[Schedule]:
        return [known for known in self.store.schedules.values() if known.paused_at is None]

    def take_slots(self, name: str, rev: int, due_at: datetime, taking: Taking) -> Taken | None:
        """Write the slots with their jobs, and the schedule's next slot."""
        with self.store.lock:
            known = self.store.schedules.get(name)
            if known is None or known.paused_at is not None or (known.rev, known.next_at) != (rev, due_at):
                return None
            overlaps = bool(taking.slots) and not known.spec.overlap and self._goes_on(known)
            jobs = [] if overlaps else [slot.job for slot in taking.slots if (name, slot.at) not in self.store.slots]
            made = self.enqueue(jobs)
            self.store.slots |= {(name, slot.at): self.store.now() for slot in taking.slots}
            last_slot_at = taking.slots[-1].at if taking.slots else known.last_slot_at
            last_job_id = made[-1].id if made else known.last_job_id
            self.store.schedules[name] = replace(
                known, next_at=taking.next_at, last_slot_at=last_slot_at, last_job_id=last_job_id
            )
            return Taken(made, overlaps)

    def _goes_on(self, known: Schedule) -> bool:
        job = self.store.jobs.get(known.last_job_id or "")
        return job is not None and job.state not in FINAL

    def declare_schedule(self, spec: ScheduleSpec, next_at: datetime, rev: int | None) -> bool:
        """Write a schedule that code declares."""
        check_stored(spec)
        with self.store.lock:
            known = self.store.schedules.get(spec.name)
            if (None if known is None else known.rev) != rev:
                return False
            self.store.schedules[spec.name] = declared(known, spec, next_at)
            return True

    def apply_to_schedule(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        """Do an act to a schedule."""
        check_act(act, name, edit)
        with self.store.lock:
            place = (act.id, f"schedule {name}")
            if place not in self.store.acts:
                self.store.acts[place] = self._apply(act, name, edit)
            return self.store.acts[place]

    def _apply(self, act: Act, name: str, edit: ScheduleEdit) -> Result:
        ref = JobRef(self.name, name, "" if edit.rev is None else str(edit.rev))
        known = self.store.schedules.get(name)
        decision = decide(act, known, edit, self.store.now())
        if decision.refusal:
            return Result(ref, Outcome.SKIPPED, note=decision.refusal)
        after, note = decision.schedule, ""
        if decision.job is not None and after is not None:
            (made,) = self.enqueue([decision.job])
            after, note = replace(after, last_job_id=made.id), f"job {made.id}"
        if after is None:
            del self.store.schedules[name]
        else:
            self.store.schedules[name] = after
        rev_after = None if after is None else str(after.rev)
        return Result(ref, Outcome.DONE, note=note, before=describe_before(known), rev_after=rev_after)

    def prune_slots(self, limit: int) -> int:
        """Delete rows of old slots."""
        with self.store.lock:
            horizon = self.store.now() - timedelta(seconds=SLOTS_KEPT_S)
            old = [place for place, made_at in self.store.slots.items() if made_at < horizon][:limit]
            for place in old:
                del self.store.slots[place]
            return len(old)
