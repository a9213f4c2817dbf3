"""The one thread that tends all children: starts, hears, feeds, ends and buries them."""

from __future__ import annotations

import logging
from collections import deque
from threading import Condition
from typing import TYPE_CHECKING

from queuetui.engine.children.brood import Brood
from queuetui.engine.children.feeding import Feeder
from queuetui.engine.children.hearing import Hearing
from queuetui.engine.children.mortality import resident_mb
from queuetui.engine.children.remains import Coroner, Rules
from queuetui.engine.children.ward import KILL_PART, Ward
from queuetui.engine.clock import steady_s
from queuetui.engine.context import CancelCause
from queuetui.engine.lease import TRUSTED_PART
from queuetui.engine.logs import log_event

if TYPE_CHECKING:
    from queuetui.engine.children.messages import Boot
    from queuetui.engine.clock import Pace
    from queuetui.engine.finisher import Outbox
    from queuetui.engine.run import Run
    from queuetui.engine.settings import WorkerSettings

LEAVE_WITHIN_S = 2.0
TICK_S = 0.1
MEMORY_EVERY_S = 1.0


class Tending:
    """All that is known of children and their runs, guarded by `lock`; other threads ask through a crew."""

    def __init__(self, settings: WorkerSettings, boot: Boot, outbox: Outbox, pace: Pace) -> None:
        self.lock = Condition()
        self.backlog: deque[Run] = deque()
        self.cancelled: deque[Run] = deque()
        self.written: deque[tuple[Ward, int]] = deque()
        self.rules = Rules(settings)
        self.brood = Brood(boot, self._bury)
        self.over = False
        self.started = False
        self._settings = settings
        self._coroner = Coroner(self.rules, outbox)
        self._hearing = Hearing(self.rules, self._coroner, self.backlog, self._confirm)
        self._feeder = Feeder(settings, outbox, pace)
        self._memory_at_s = 0.0

    def run(self) -> None:
        """Tend until it is over and every child is dead."""
        with self.lock:
            self.brood.open_nest(steady_s())
        try:
            while not (self.over and not self.brood.wards) and self.brood.failure is None:
                ready = self.brood.wait(self._pause_s())
                with self.lock:
                    self._turn(ready)
                    self.lock.notify_all()
        finally:
            with self.lock:
                for ward in self.brood.wards.values():
                    ward.kill()
                self.brood.close()
                self.lock.notify_all()
        if self.started and self.brood.failure is not None:
            raise self.brood.failure

    def wards(self) -> tuple[Ward, ...]:
        """Return the children that live."""
        return tuple(self.brood.wards.values())

    def _turn(self, ready: list[Ward]) -> None:
        for ward in ready:
            ward.end.flush()
            self._hearing.hear(ward)
        now_s = steady_s()
        # After the children, so that what one said last is known before its death.
        self.brood.hear_nest(now_s)
        while self.written:
            ward, number = self.written.popleft()
            ward.confirm(number)
        while self.cancelled:
            self._cancel(self.cancelled.popleft())
        for ward in self.wards():
            self._mind(ward, now_s)
        self._limit_memory(now_s)
        if not self.over:
            self._start(now_s)
        self._feeder.feed(self.backlog, self.wards())

    def _start(self, now_s: float) -> None:
        """Start as many children as there is work for; one stays warm from the beginning."""
        wards = self.wards()
        idle = sum(not ward.runs and (ward.is_open or not ward.ready) for ward in wards)
        wanted = min(len(self.backlog) - idle, self._settings.concurrency - len(wards))
        for _ in range(max(wanted, 0 if wards else 1)):
            self.brood.hatch(now_s)

    def _cancel(self, run: Run) -> None:
        """Tell a run's handler that it should end; one that has not begun and is over already will not begin."""
        for ward in self.wards():
            number = ward.number_of(run)
            if number is not None:
                ward.cancel(number, run)
                if run.ended:
                    self.take_unstarted(ward)

    def _doom(self, ward: Ward, now_s: float) -> None:
        """Set a time for the run at work to end by, when there is a cause, or a new one."""
        at_work = ward.at_work()
        if at_work is None or ward.termed:
            return
        run = at_work[1]
        cause = run.context.cancel_cause
        if cause is None or (run is ward.doomed and cause is ward.doom):
            return
        ward.doomed, ward.doom = run, cause
        ward.term_at_s = self._deadline_s(run, now_s)
        if cause is CancelCause.LEASE_LOST:
            ward.kill_at_s = ward.term_at_s

    def _deadline_s(self, run: Run, now_s: float) -> float:
        """Return when a run must be ended: by then at the latest nobody else may have its job."""
        cause = run.context.cancel_cause
        if cause is CancelCause.PERSON:
            return now_s + self._settings.cancel_grace_s
        renewed_s, lease_s = run.lease.renewed_s, self._settings.lease_s
        if cause is CancelCause.LEASE_LOST and now_s - renewed_s > lease_s * TRUSTED_PART:
            return max(now_s, renewed_s + lease_s * KILL_PART)
        return now_s

    def take_unstarted(self, ward: Ward) -> None:
        """Put what a child has not begun before all that waits."""
        self.backlog.extendleft(reversed(ward.withdraw()))

    def _mind(self, ward: Ward, now_s: float) -> None:
        """Do to a child what is due."""
        if ward.runs:
            ward.trust(self._settings.lease_s)
        if self.over and (ward.runs or not ward.ready):
            # One that is not needed any more did not fail to get ready.
            ward.leaving = ward.leaving or not ward.ready
            ward.kill()
        self._doom(ward, now_s)
        if ward.term_at_s is not None and not ward.termed and now_s >= ward.term_at_s:
            self.take_unstarted(ward)
            if not ward.terminate(now_s):
                ward.forgive()
        if ward.kill_at_s is not None and now_s >= ward.kill_at_s and (ward.termed or ward.leaving or not ward.ready):
            ward.kill()
        self._retire(ward, now_s)

    def _retire(self, ward: Ward, now_s: float) -> None:
        jobs = self._settings.recycle_jobs
        if ward.retiring is None and jobs is not None and ward.given >= jobs:
            ward.retiring = f"it has run {ward.given} jobs"
        if self.over and ward.retiring is None:
            ward.retiring = "the worker stops"
        if ward.retiring is None or ward.runs or ward.leaving or not ward.ready:
            return
        if not self.over:
            log_event("child_recycled", pid=ward.pid, jobs=ward.given, reason=ward.retiring)
        ward.leave(now_s + LEAVE_WITHIN_S)

    def _limit_memory(self, now_s: float) -> None:
        limit_mb = self._settings.recycle_memory_mb
        if limit_mb is None or now_s < self._memory_at_s:
            return
        self._memory_at_s = now_s + MEMORY_EVERY_S
        for ward in self.wards():
            if ward.is_open and (held_mb := resident_mb(ward.pid)) > limit_mb:
                ward.retiring = f"it holds {held_mb:.0f} MB, more than its limit of {limit_mb:g} MB"
                self.take_unstarted(ward)

    def _bury(self, ward: Ward, status: int) -> None:
        self._hearing.hear(ward)
        if ward.runs and not ward.killed and not ward.termed:
            log_event("child_died", logging.ERROR, pid=ward.pid, status=status)
        self.backlog.extendleft(reversed(self._coroner.examine(ward, status)))
        ward.runs.clear()

    def _confirm(self, ward: Ward, number: int) -> None:
        self.written.append((ward, number))
        self.brood.ring()

    def _pause_s(self) -> float | None:
        """Return how long nothing can be due."""
        wards = self.wards()
        if self.over or self.backlog or any(one.runs or one.leaving or not one.ready for one in wards):
            return TICK_S
        if not self.brood.booted or not wards:
            return TICK_S
        return MEMORY_EVERY_S if self._settings.recycle_memory_mb is not None else None
