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
    from queuetui.engine.dispatcher_parts import DispatcherParts
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

    def __init__(self, parts: DispatcherParts) -> None:
        self._parts = parts
        self._tick_at_s = 0.0
        self._told: set[tuple[str, str]] = set()

    def run(self) -> None:
        """Work until the worker is to stop and holds no job, or the grace period is over."""
        parts = self._parts
        while not (parts.stopping.asked and (self._is_drained() or parts.stopping.grace_is_over())):
            try:
                self._turn()
            except STORE_TROUBLE as error:
                parts.health.pause(parts.health.failed(PART, error), parts.stopping)
            else:
                parts.health.answered(PART)
        self._give_back()

    def _turn(self) -> None:
        parts = self._parts
        self._drop_lost_leases()
        self._send_late()
        if parts.stopping.asked:
            self._take_back_unstarted()
        if ready := parts.suspects.take_ready(self._unended(), parts.clock.now()):
            parts.executor.submit(ready)
        if parts.outbox.due_in_s(hungry=self._has_free_slot()) <= 0:
            parts.outbox.post()
        claim = self._choose_claim()
        worked = self._write_and_claim(claim)
        self._tick()
        if not worked and not self._is_finished():
            parts.clock.wait(parts.wakeup, self._pause_s())

    def _choose_claim(self) -> Claim | None:
        parts = self._parts
        if parts.stopping.asked or parts.suspects.forbid_more(parts.clock.now()):
            return None
        # After a failure of the store the endings go first: a claim must not delay them.
        if self._posted() and not parts.health.well:
            return None
        if self._posted() or self._has_free_slot():
            return parts.claimer.choose(self._unended(), self._allowance())
        return self._choose_ahead()

    def _choose_ahead(self) -> Claim | None:
        """Claim a whole batch while less than one waits, so that handlers have work during the next step.

        A smaller claim can wait for the next flush.
        """
        parts = self._parts
        if parts.executor.unstarted >= parts.claimer.batch:
            return None
        claim = parts.claimer.choose(self._unended(), self._allowance())
        return claim if claim is not None and claim.size >= parts.claimer.batch else None

    def _has_free_slot(self) -> bool:
        return self._parts.room.free_slots(self._unended()) > 0

    def _unended(self) -> int:
        """Return how many held jobs wait or run."""
        return self._parts.leases.held_jobs() - len(self._parts.outbox) - self._posted()

    def _posted(self) -> int:
        return sum(len(lease.endings) for lease in self._parts.leases.all())

    def _allowance(self) -> int | None:
        parts = self._parts
        if parts.settings.jobs is None:
            return None
        return max(0, parts.settings.jobs - parts.finisher.ended_jobs - parts.leases.held_jobs())

    def _write_and_claim(self, claim: Claim | None) -> bool:
        parts = self._parts
        claiming = None if claim is None else parts.leases.for_queue(claim.queue)
        others = [lease for lease in parts.leases.all() if lease is not claiming and lease.endings]
        for lease in others:
            self._step(lease, None)
        if claiming is not None and claiming.lost is None:
            self._step(claiming, claim)
        return claim is not None or bool(others)

    def _step(self, lease: HeldLease, claim: Claim | None) -> None:
        parts = self._parts
        endings = take_step(lease.endings)
        parts.notekeeper.write_ended(lease.id, endings)
        try:
            step = parts.store.step(lease.id, [one.settlement for one in endings], claim.size if claim else 0)
        except STORE_TROUBLE:
            # The store may have granted jobs whose answer was lost: they are released when this lease is closed.
            lease.closing = lease.closing or claim is not None
            raise
        except Exception as error:
            if not endings and claim is not None and isinstance(error, UNUSABLE):
                parts.claimer.took(claim, 0, inf)
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
        lease.endings[0], step = settle_apart(self._parts.store, lease.id, ended)
        if step is None:
            lease.closing = True
            refuse(lease.endings.pop(0))
            lease.runs.discard(ended.run)
        else:
            self._take_answer(lease, lease.endings[:1], step)

    def _take_answer(self, lease: HeldLease, endings: Sequence[RunEnding], step: Step) -> None:
        """Record which endings the store has accepted; `endings` are the first that wait under the lease."""
        parts = self._parts
        parts.health.answered(PART)
        del lease.endings[: len(endings)]
        if endings:
            lease.runs.difference_update([run for run, _ in endings])
            parts.finisher.report(endings, step.accepted)
            parts.claimer.work_ended(postponed=any(one.ending in POSTPONED for _, one in endings))
        if not step.lease_valid:
            parts.leases.lose(lease, "the store says that it is over")

    def _step_all(self, lease: HeldLease) -> None:
        while lease.endings:
            self._step(lease, None)

    def _hand_out(self, lease: HeldLease, claim: Claim, step: Step) -> None:
        parts, claimed = self._parts, step.claimed
        if step.problem:
            self._tell_once(claim.queue, step.problem)
        now_s = parts.clock.now()
        told = parts.volume.take(len(claimed), now_s)
        runs = [Run(job, parts.worker_id, now_s, told=n < told) for n, job in enumerate(claimed)]
        excess = parts.room.excess(runs, self._unended())
        parts.claimer.took(claim, len(runs) - len(excess) if excess else len(runs), step.again_s)
        parts.outbox.expect(parts.claimer.batch)
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
        if not parts.suspects.keeps(kept, self._unended()):
            parts.executor.submit(kept)
            if claim.size == 1:
                # The first job after a pause: let its thread have the interpreter, so that its ending may go with the next claim.
                parts.clock.wait(parts.wakeup, FIRST_RUN_S)

    def _tell_once(self, queue: str, problem: str) -> None:
        if (queue, problem) not in self._told:
            self._told.add((queue, problem))
            log_event("queue_left", logging.ERROR, queue=queue, reason=problem)

    def _release(self, run: Run) -> None:
        if run.end():
            self._parts.outbox.put(run, settle_released(run.job), at_once=True)

    def _take_back_unstarted(self) -> None:
        """Release every run that has not begun, for any worker to claim."""
        for run in (*self._parts.suspects.take_back(), *self._parts.executor.take_back()):
            self._release(run)

    def _is_held_up(self, now_s: float) -> bool:
        """Tell whether jobs have been waiting behind long runs."""
        parts = self._parts
        if not parts.executor.unstarted:
            return False
        waiting = (run for run in parts.leases.runs() if run.started_s is None and not run.ended)
        return any(now_s - run.claimed_s > UNSTARTED_TOO_LONG_S for run in waiting)

    def _drop_lost_leases(self) -> None:
        parts = self._parts
        for lease in parts.leases.all():
            if lease.lost is None:
                continue
            self._try_last_endings(lease)
            parts.finisher.ended_jobs += sum(run.started_s is not None for run in lease.runs)
            for ended in lease.endings:
                refuse(ended)
            parts.leases.forget(lease)

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
        for ended in self._parts.outbox.late:
            self._parts.store.step(ended.run.lease.id, (ended.settlement,), 0)
            self._parts.outbox.told_late(ended)

    def _tick(self) -> None:
        now_s = self._parts.clock.now()
        if now_s < self._tick_at_s:
            return
        self._tick_at_s = now_s + TICK_S
        self._parts.volume.sum_up(now_s)
        if self._is_held_up(now_s):
            self._take_back_unstarted()
        for lease in self._parts.leases.all():
            self._mark_running(lease, now_s)
            self._parts.notekeeper.write_running(lease.id, lease.runs, now_s)
            if lease.idle and (lease.closing or now_s - lease.used_s > IDLE_LEASE_S):
                self._parts.leases.close(lease)

    def _mark_running(self, lease: HeldLease, now_s: float) -> None:
        """Write the start of long runs, and their progress where it has changed."""
        news = []
        for run in lease.runs:
            elapsed_s, progress = run.elapsed_s(now_s), run.context.reported_progress
            if elapsed_s > MARK_AFTER_S and not run.ended and run.marked != (progress or ""):
                news.append((run, Running(run.job.id, run.job.fence, elapsed_s, progress)))
        if not news:
            return
        store = self._parts.store
        write_apart(lambda told: store.mark_running(lease.id, told), [running for _, running in news], "progress")
        for run, running in news:
            run.marked = running.progress or ""

    def _pause_s(self) -> float:
        parts = self._parts
        has_free_slot = self._has_free_slot()
        pause_s = min(parts.outbox.due_in_s(hungry=has_free_slot), TICK_S)
        if parts.suspects.forbid_more(parts.clock.now()):
            return pause_s
        if has_free_slot and not parts.stopping.asked and self._allowance() != 0:
            pause_s = min(pause_s, parts.claimer.look_in_s())
        return pause_s

    def _is_drained(self) -> bool:
        parts = self._parts
        return not parts.leases.held_jobs() and not len(parts.outbox) and not self._posted()

    def _is_finished(self) -> bool:
        """Tell whether the worker is finished; ask it to stop at its job limit, or at the end of a burst."""
        parts = self._parts
        if parts.stopping.asked or not self._is_drained():
            return False
        if self._allowance() == 0:
            parts.stopping.ask("all its jobs are done")
        elif parts.settings.burst and parts.claimer.found_nothing:
            parts.stopping.ask("nothing is pending")
        return parts.stopping.asked

    def _give_back(self) -> None:
        """Write the last endings and close every lease, which releases running jobs and refuses their results."""
        parts = self._parts
        for run in parts.leases.runs():
            run.abandon(CancelCause.SHUTDOWN)
            run.close()
        halted = parts.executor.halt()
        parts.outbox.post()
        if not halted:
            log_event("leases_left", logging.ERROR, reason="a handler could not be killed; its jobs are not given back")
            return
        try:
            for lease in parts.leases.all():
                if lease.lost is None:
                    self._step_all(lease)
                released = parts.leases.close(lease)
                if released:
                    log_event("jobs_released", logging.WARNING, queue=lease.queue, jobs=released)
        except STORE_TROUBLE as error:
            log_event(
                "leases_left", logging.ERROR, error=str(error), reason="they end by themselves and any worker sweeps"
            )
