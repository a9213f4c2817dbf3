"""The one thread that claims jobs and writes endings, both in one step of the store.

The path of a run, and the collections that hold it meanwhile:

    Claimer.choose -> store.step -> lease.runs -> executor -> handler
                          ^                                      | ends
                          |                                      v
                     lease.endings <------- Outbox.post <------ Outbox.put

A run stays in `lease.runs` until the store has answered to its ending. So the runs that wait or are at work are those of `lease.runs`
that are neither in the outbox nor in `lease.endings`. When the answer to a step is lost, its endings stay and are sent again; their
fences make that safe. The lease is then `closing`: the store may have granted jobs under it of which the answer was lost.
"""

from __future__ import annotations

import logging
from math import inf
from typing import TYPE_CHECKING

from queuetui.backends.base import Running
from queuetui.engine.apart import settle_apart, write_apart
from queuetui.engine.context import CancelCause
from queuetui.engine.finisher import refuse, take_step
from queuetui.engine.held import Run
from queuetui.engine.logs import log_event
from queuetui.engine.outcome import settle_released
from queuetui.engine.store_health import STORE_TROUBLE
from queuetui.model.errors import BadConfig, BadPayload, Unsupported
from queuetui.model.job import Ending

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.base import Step
    from queuetui.engine.claimer import Claim
    from queuetui.engine.desk import Desk
    from queuetui.engine.held import HeldLease, RunEnding

PART = "jobs"
TICK_S = 1.0
MARK_AFTER_S = 1.0
UNSTARTED_TOO_LONG_S = 2.0
IDLE_LEASE_S = 60.0
FIRST_RUN_S = 0.002
# Errors of one queue, whose content the store cannot count or read; the other queues go on.
UNUSABLE = (BadPayload, BadConfig, Unsupported)
POSTPONED = frozenset({Ending.RETRY, Ending.SNOOZED})


class Dispatcher:
    """Claims jobs, hands them to the executor, writes endings, and releases all jobs at the end."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tick_at_s = 0.0
        self._told: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Work until the worker is to stop and holds no job, or the grace period is over."""
        desk = self._desk
        while not (desk.stopping.asked and (self._is_drained() or desk.stopping.grace_is_over())):
            try:
                self._turn()
            except STORE_TROUBLE as error:
                desk.health.pause(desk.health.failed(PART, error), desk.stopping)
            else:
                desk.health.answered(PART)
        self._give_back()

    def _turn(self) -> None:
        desk = self._desk
        self._drop_lost_leases()
        self._send_late()
        if desk.stopping.asked:
            self._take_back_unstarted()
        if ready := desk.suspects.take_ready(self._unended(), desk.clock.now()):
            desk.executor.submit(ready)
        if desk.outbox.due_in_s(hungry=self._has_free_slot()) <= 0:
            desk.outbox.post()
        claim = self._choose_claim()
        worked = self._write_and_claim(claim)
        self._tick()
        if not worked and not self._is_finished():
            desk.clock.wait(desk.wakeup, self._pause_s())

    def _choose_claim(self) -> Claim | None:
        desk = self._desk
        if desk.stopping.asked or desk.suspects.forbid_more(desk.clock.now()):
            return None
        # After a failure of the store the endings go first: a claim must not delay them.
        if self._posted() and not desk.health.well:
            return None
        if self._posted() or self._has_free_slot():
            return desk.claimer.choose(self._unended(), self._allowance())
        return self._choose_ahead()

    def _choose_ahead(self) -> Claim | None:
        """Claim a whole batch while less than one waits, so that handlers have work during the next step.

        A smaller claim can wait for the next flush.
        """
        desk = self._desk
        if desk.executor.unstarted >= desk.claimer.batch:
            return None
        claim = desk.claimer.choose(self._unended(), self._allowance())
        return claim if claim is not None and claim.size >= desk.claimer.batch else None

    def _has_free_slot(self) -> bool:
        return self._desk.room.free_slots(self._unended()) > 0

    def _unended(self) -> int:
        """Return how many held jobs wait or run."""
        return self._desk.leases.held_jobs() - len(self._desk.outbox) - self._posted()

    def _posted(self) -> int:
        return sum(len(lease.endings) for lease in self._desk.leases.all())

    def _allowance(self) -> int | None:
        desk = self._desk
        if desk.settings.jobs is None:
            return None
        return max(0, desk.settings.jobs - desk.finisher.ended_jobs - desk.leases.held_jobs())

    def _write_and_claim(self, claim: Claim | None) -> bool:
        desk = self._desk
        claiming = None if claim is None else desk.leases.for_queue(claim.queue)
        others = [lease for lease in desk.leases.all() if lease is not claiming and lease.endings]
        for lease in others:
            self._step(lease, None)
        if claiming is not None and claiming.lost is None:
            self._step(claiming, claim)
        return claim is not None or bool(others)

    def _step(self, lease: HeldLease, claim: Claim | None) -> None:
        desk = self._desk
        endings = take_step(lease.endings)
        desk.notekeeper.write_ended(lease.id, endings)
        try:
            step = desk.store.step(lease.id, [one.settlement for one in endings], claim.size if claim else 0)
        except STORE_TROUBLE:
            # The store may have granted jobs whose answer was lost: they are released when this lease is closed.
            lease.closing = lease.closing or claim is not None
            raise
        except Exception as error:
            if not endings and claim is not None and isinstance(error, UNUSABLE):
                desk.claimer.took(claim, 0, inf)
                self._tell_once(claim.queue, str(error))
                return
            if not endings:
                raise
            lease.closing = lease.closing or claim is not None
            for ended in endings:
                self._step_alone(lease, ended)
            return
        self._take_answer(lease, endings, step)
        if step.lease_valid and claim is not None:
            self._hand_out(lease, claim, step)

    def _step_alone(self, lease: HeldLease, ended: RunEnding) -> None:
        """Write the first waiting ending; if the store refuses it, its job is released with the lease."""
        lease.endings[0], step = settle_apart(self._desk.store, lease.id, ended)
        if step is None:
            lease.closing = True
            refuse(lease.endings.pop(0))
            lease.runs.discard(ended.run)
        else:
            self._take_answer(lease, lease.endings[:1], step)

    def _take_answer(self, lease: HeldLease, endings: Sequence[RunEnding], step: Step) -> None:
        """Record which endings the store has accepted; `endings` are the first that wait under the lease."""
        desk = self._desk
        desk.health.answered(PART)
        del lease.endings[: len(endings)]
        if endings:
            lease.runs.difference_update([run for run, _ in endings])
            desk.finisher.report(endings, step.accepted)
            desk.claimer.work_ended(postponed=any(one.ending in POSTPONED for _, one in endings))
        if not step.lease_valid:
            desk.leases.lose(lease, "the store says that it is over")

    def _step_all(self, lease: HeldLease) -> None:
        while lease.endings:
            self._step(lease, None)

    def _hand_out(self, lease: HeldLease, claim: Claim, step: Step) -> None:
        desk, claimed = self._desk, step.claimed
        if step.problem:
            self._tell_once(claim.queue, step.problem)
        now_s = desk.clock.now()
        told = desk.volume.take(len(claimed), now_s)
        runs = [Run(job, desk.worker_id, now_s, told=n < told) for n, job in enumerate(claimed)]
        excess = desk.room.excess(runs, self._unended())
        desk.claimer.took(claim, len(runs) - len(excess) if excess else len(runs), step.again_s)
        desk.outbox.expect(desk.claimer.batch)
        if not runs:
            return
        lease.used_s = now_s
        lease.hold(runs)
        for run in excess:
            self._release(run)
        kept = [run for run in runs if not run.ended] if excess else runs
        # Another thread may have marked the lease as lost since the answer.
        if lease.lost is not None:
            for run in kept:
                run.abandon(CancelCause.LEASE_LOST)
        if not desk.suspects.keeps(kept, self._unended()):
            desk.executor.submit(kept)
            if claim.size == 1:
                # The first job after a pause: let its thread have the interpreter, so that its ending may go with the next claim.
                desk.clock.wait(desk.wakeup, FIRST_RUN_S)

    def _tell_once(self, queue: str, problem: str) -> None:
        if (queue, problem) not in self._told:
            self._told.add((queue, problem))
            log_event("queue_left", logging.ERROR, queue=queue, reason=problem)

    def _release(self, run: Run) -> None:
        if run.end():
            self._desk.outbox.put(run, settle_released(run.job), at_once=True)

    def _take_back_unstarted(self) -> None:
        """Release every run that has not begun, for any worker to claim."""
        for run in (*self._desk.suspects.take_back(), *self._desk.executor.take_back()):
            self._release(run)

    def _is_held_up(self, now_s: float) -> bool:
        """Tell whether jobs have been waiting behind long runs."""
        desk = self._desk
        if not desk.executor.unstarted:
            return False
        waiting = (run for run in desk.leases.runs() if run.started_s is None and not run.ended)
        return any(now_s - run.claimed_s > UNSTARTED_TOO_LONG_S for run in waiting)

    def _drop_lost_leases(self) -> None:
        desk = self._desk
        for lease in desk.leases.all():
            if lease.lost is None:
                continue
            self._try_last_endings(lease)
            desk.finisher.ended_jobs += sum(run.started_s is not None for run in lease.runs)
            for ended in lease.endings:
                refuse(ended)
            desk.leases.forget(lease)

    def _try_last_endings(self, lease: HeldLease) -> None:
        """Send the endings from before the lease was given up: the store decides whether it is still valid."""
        try:
            self._step_all(lease)
        except STORE_TROUBLE as error:
            log_event("endings_dropped", logging.WARNING, queue=lease.queue, jobs=len(lease.endings), error=str(error))

    def _send_late(self) -> None:
        """Let the store record the ends of runs whose lease was given up, to explain why the jobs run again.

        They are sent as lost, whatever they were: the store may take the lease as valid, and a handler that was told to stop may
        have returned half a result.
        """
        for ended in self._desk.outbox.late:
            self._desk.store.step(ended.run.lease.id, (ended.settlement,), 0)
            self._desk.outbox.told_late(ended)

    def _tick(self) -> None:
        now_s = self._desk.clock.now()
        if now_s < self._tick_at_s:
            return
        self._tick_at_s = now_s + TICK_S
        self._desk.volume.sum_up(now_s)
        if self._is_held_up(now_s):
            self._take_back_unstarted()
        for lease in self._desk.leases.all():
            self._mark_running(lease, now_s)
            self._desk.notekeeper.write_running(lease.id, lease.runs, now_s)
            if lease.idle and (lease.closing or now_s - lease.used_s > IDLE_LEASE_S):
                self._desk.leases.close(lease)

    def _mark_running(self, lease: HeldLease, now_s: float) -> None:
        """Write the start of long runs, and their progress where it has changed."""
        news = []
        for run in lease.runs:
            elapsed_s, progress = run.elapsed_s(now_s), run.context.reported_progress
            if elapsed_s > MARK_AFTER_S and not run.ended and run.marked != (progress or ""):
                news.append((run, Running(run.job.id, run.job.fence, elapsed_s, progress)))
        if not news:
            return
        store = self._desk.store
        write_apart(lambda told: store.mark_running(lease.id, told), [running for _, running in news], "progress")
        for run, running in news:
            run.marked = running.progress or ""

    def _pause_s(self) -> float:
        desk = self._desk
        has_free_slot = self._has_free_slot()
        pause_s = min(desk.outbox.due_in_s(hungry=has_free_slot), TICK_S)
        if desk.suspects.forbid_more(desk.clock.now()):
            return pause_s
        if has_free_slot and not desk.stopping.asked and self._allowance() != 0:
            pause_s = min(pause_s, desk.claimer.look_in_s())
        return pause_s

    def _is_drained(self) -> bool:
        desk = self._desk
        return not desk.leases.held_jobs() and not len(desk.outbox) and not self._posted()

    def _is_finished(self) -> bool:
        """Tell whether the worker is finished; ask it to stop at its job limit, or at the end of a burst."""
        desk = self._desk
        if desk.stopping.asked or not self._is_drained():
            return False
        if self._allowance() == 0:
            desk.stopping.ask("all its jobs are done")
        elif desk.settings.burst and desk.claimer.found_nothing:
            desk.stopping.ask("nothing is pending")
        return desk.stopping.asked

    def _give_back(self) -> None:
        """Write the last endings and close every lease, which releases running jobs and refuses their results."""
        desk = self._desk
        for run in desk.leases.runs():
            run.abandon(CancelCause.SHUTDOWN)
            run.close()
        halted = desk.executor.halt()
        desk.outbox.post()
        if not halted:
            log_event("leases_left", logging.ERROR, reason="a handler could not be killed; its jobs are not given back")
            return
        try:
            for lease in desk.leases.all():
                if lease.lost is None:
                    self._step_all(lease)
                released = desk.leases.close(lease)
                if released:
                    log_event("jobs_released", logging.WARNING, queue=lease.queue, jobs=released)
        except STORE_TROUBLE as error:
            log_event(
                "leases_left", logging.ERROR, error=str(error), reason="they end by themselves and any worker sweeps"
            )
