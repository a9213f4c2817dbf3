"""Makes the jobs of recurring schedules: any worker does, and the store gives each slot to one."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from queuetui.backends.schedules import declare
from queuetui.engine.clock import draw, jittered
from queuetui.engine.logs import log_event
from queuetui.engine.store_health import STORE_TROUBLE
from queuetui.model.errors import BadConfig

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.backends.schedules import ScheduleStore
    from queuetui.engine.clock import Clock
    from queuetui.engine.stop import Stopping
    from queuetui.engine.store_health import StoreHealth
    from queuetui.model.schedule import Schedule, ScheduleSpec

PART = "recurring"
# The longest wait, as a schedule may be added, or get an earlier slot, at any time.
LOOK_EVERY_S = 5.0
LOOK_AGAIN_S = 1.0
PRUNE_EVERY_S = 60.0
SCHEDULES_A_LOOK = 100
SLOTS_A_PRUNE = 500
# A random delay, so that many workers do not ask for the same slot at the same moment.
SPREAD_S = 0.05


class Recurring:
    """Looks for due schedules at the moment of the next slot, and now and then for new ones."""

    def __init__(
        self,
        store: ScheduleStore,
        declared: Iterable[ScheduleSpec],
        stopping: Stopping,
        health: StoreHealth,
        clock: Clock,
    ) -> None:
        self._store = store
        self._declared = tuple(declared)
        self._stopping = stopping
        self._health = health
        self._clock = clock
        self._told: set[tuple[str, int]] = set()
        self._prune_at_s = self._clock.now() + jittered(PRUNE_EVERY_S)
        for spec in self._declared:
            _check(spec)

    def run(self) -> None:
        """Write the schedules that the application declares, then make jobs until the worker is to stop."""
        pause_s = 0.0
        is_declared = False
        while not self._stopping.asked_within(pause_s):
            try:
                if not is_declared:
                    self._declare()
                    is_declared = True
                pause_s = self._look()
            except STORE_TROUBLE as error:
                self._health.pause(self._health.failed(PART, error), self._stopping)
                pause_s = 0.0
            except BadConfig as error:
                log_event("schedules_unreadable", logging.ERROR, error=str(error))
                pause_s = jittered(LOOK_EVERY_S)
            else:
                self._health.answered(PART)

    def _declare(self) -> None:
        """Replace stored schedules by the declared ones; of workers that start together only one writes."""
        if not self._declared:
            return
        reading = self._store.schedules()
        for spec in self._declared:
            if declare(self._store, spec, reading):
                log_event("schedule_declared", schedule=spec.name, timing=spec.timing.describe())

    def _look(self) -> float:
        """Make the jobs of due slots; return how long to wait."""
        self._prune()
        due_s = self._store.next_slot_s()
        if due_s is not None and due_s <= 0:
            reading = self._store.due_schedules(SCHEDULES_A_LOOK)
            for known in reading.schedules:
                self._take(known, reading.now)
            due_s = self._store.next_slot_s()
        if due_s is None:
            return jittered(LOOK_EVERY_S)
        if due_s <= 0:
            return jittered(LOOK_AGAIN_S)
        return min(due_s + draw() * SPREAD_S, jittered(LOOK_EVERY_S))

    def _take(self, known: Schedule, now: datetime) -> None:
        # Imported with the first slot: most workers have no schedules.
        from queuetui.timetable import take

        name = known.spec.name
        try:
            taking = take(known.spec, known.next_at, now)
        except ValueError as error:
            # It stays due, so that the console shows it as overdue and another host may know its zone.
            if (name, known.rev) not in self._told:
                self._told.add((name, known.rev))
                log_event("schedule_unreadable", logging.ERROR, schedule=name, error=str(error))
            return
        taken = self._store.take_slots(name, known.rev, known.next_at, taking)
        if taken is None:
            return
        late_s = round((now - known.next_at).total_seconds(), 3)
        if taken.overlapped:
            log_event("slot_overlapped", logging.WARNING, schedule=name, reason="the job before it goes on")
        elif not taken.jobs:
            log_event("slots_missed", logging.WARNING, schedule=name, late_s=late_s)
        for job in taken.jobs:
            log_event("slot_taken", schedule=name, job_id=job.id, late_s=late_s)

    def _prune(self) -> None:
        if self._clock.now() >= self._prune_at_s:
            self._prune_at_s = self._clock.now() + jittered(PRUNE_EVERY_S)
            self._store.prune_slots(SLOTS_A_PRUNE)


def _check(spec: ScheduleSpec) -> None:
    from queuetui.timetable import check_spec

    try:
        check_spec(spec)
    except ValueError as error:
        raise BadConfig(f"the schedule declared for job type {spec.job.type!r} cannot be: {error}", "--app") from None
