"""The thread that supervises all children: it starts them, sends runs, reads messages and ends them.

    executor.submit -> backlog -> Assigner -> ChildHandle.runs -> child
                          ^                        |                | messages
                          |                        | exits          v
                          +--- not begun --- ExitJudge        ChildMessages -> Outbox

The states of one child are drawn in `child_handle`. Other threads put into `backlog`, `cancelled` and `written` and wake this one.
"""

from __future__ import annotations

import logging
from collections import deque
from threading import Condition
from typing import TYPE_CHECKING

from queuetui.engine.children.assigner import Assigner
from queuetui.engine.children.child_handle import KILL_PART, ChildHandle
from queuetui.engine.children.child_messages import ChildMessages
from queuetui.engine.children.child_pool import ChildPool
from queuetui.engine.children.exit_causes import ExitJudge, Rules
from queuetui.engine.children.process_end import resident_mb
from queuetui.engine.clock import steady_s
from queuetui.engine.context import CancelCause
from queuetui.engine.lease import TRUSTED_PART
from queuetui.engine.logs import log_event

if TYPE_CHECKING:
    from queuetui.engine.children.messages import Boot
    from queuetui.engine.clock import Pace
    from queuetui.engine.finisher import Outbox
    from queuetui.engine.held import Run
    from queuetui.engine.settings import WorkerSettings

LEAVE_WITHIN_S = 2.0
TICK_S = 0.1
MEMORY_EVERY_S = 1.0


class Supervisor:
    """The state of all children and their runs; guarded by `lock` and read by the process executor."""

    def __init__(self, settings: WorkerSettings, boot: Boot, outbox: Outbox, pace: Pace) -> None:
        self.lock = Condition()
        self.backlog: deque[Run] = deque()
        self.cancelled: deque[Run] = deque()
        self.written: deque[tuple[ChildHandle, int]] = deque()
        self.rules = Rules(settings)
        self.pool = ChildPool(boot, self._reap)
        self.over = False
        self.started = False
        self._settings = settings
        self._exit_judge = ExitJudge(self.rules, outbox)
        self._child_messages = ChildMessages(self.rules, self._exit_judge, self.backlog, self._confirm)
        self._assigner = Assigner(settings, outbox, pace)
        self._memory_at_s = 0.0

    def run(self) -> None:
        """Supervise until `over` is set and every child is dead."""
        with self.lock:
            self.pool.open_fork_server(steady_s())
        try:
            while not (self.over and not self.pool.handles) and self.pool.failure is None:
                ready = self.pool.wait(self._pause_s())
                with self.lock:
                    self._turn(ready)
                    self.lock.notify_all()
        finally:
            with self.lock:
                for handle in self.pool.handles.values():
                    handle.kill()
                self.pool.close()
                self.lock.notify_all()
        if self.started and self.pool.failure is not None:
            raise self.pool.failure

    def handles(self) -> tuple[ChildHandle, ...]:
        """Return the live children."""
        return tuple(self.pool.handles.values())

    def _turn(self, ready: list[ChildHandle]) -> None:
        for handle in ready:
            handle.end.flush()
            self._child_messages.hear(handle)
        now_s = steady_s()
        # After the children's messages, so that a child's last one is handled before its death.
        self.pool.hear_fork_server(now_s)
        while self.written:
            handle, number = self.written.popleft()
            handle.confirm(number)
        while self.cancelled:
            self._cancel(self.cancelled.popleft())
        for handle in self.handles():
            self._mind(handle, now_s)
        self._limit_memory(now_s)
        if not self.over:
            self._start(now_s)
        self._assigner.feed(self.backlog, self.handles())

    def _start(self, now_s: float) -> None:
        """Start as many children as there is work for; one is started before there is any."""
        handles = self.handles()
        idle = sum(not handle.runs and (handle.is_open or not handle.ready) for handle in handles)
        wanted = min(len(self.backlog) - idle, self._settings.concurrency - len(handles))
        for _ in range(max(wanted, 0 if handles else 1)):
            self.pool.start_child(now_s)

    def _cancel(self, run: Run) -> None:
        """Tell a run's handler that it should end; a run that has ended before it began will not begin."""
        for handle in self.handles():
            number = handle.number_of(run)
            if number is not None:
                handle.cancel(number, run)
                if run.ended:
                    self.take_unstarted(handle)

    def _set_deadline(self, handle: ChildHandle, now_s: float) -> None:
        """Set the time by which the current run must end, when there is a cause or a new one."""
        at_work = handle.at_work()
        if at_work is None or handle.termed:
            return
        run = at_work[1]
        cause = run.context.cancel_cause
        if cause is None or (run is handle.ending and cause is handle.end_cause):
            return
        handle.ending, handle.end_cause = run, cause
        handle.term_at_s = self._deadline_s(run, now_s)
        if cause is CancelCause.LEASE_LOST:
            handle.kill_at_s = handle.term_at_s

    def _deadline_s(self, run: Run, now_s: float) -> float:
        """Return when a run must have ended: before the store can grant its job to another worker."""
        cause = run.context.cancel_cause
        if cause is CancelCause.PERSON:
            return now_s + self._settings.cancel_grace_s
        renewed_s, lease_s = run.lease.renewed_s, self._settings.lease_s
        if cause is CancelCause.LEASE_LOST and now_s - renewed_s > lease_s * TRUSTED_PART:
            return max(now_s, renewed_s + lease_s * KILL_PART)
        return now_s

    def take_unstarted(self, handle: ChildHandle) -> None:
        """Put the runs that a child has not begun back to the head of the backlog."""
        self.backlog.extendleft(reversed(handle.withdraw()))

    def _mind(self, handle: ChildHandle, now_s: float) -> None:
        """Take the actions on a child that are due: terminate, kill, retire."""
        if handle.runs:
            handle.trust(self._settings.lease_s)
        if self.over and (handle.runs or not handle.ready):
            # The exit of a child that is no longer needed does not count as a failed start.
            handle.leaving = handle.leaving or not handle.ready
            handle.kill()
        self._set_deadline(handle, now_s)
        if handle.term_at_s is not None and not handle.termed and now_s >= handle.term_at_s:
            self.take_unstarted(handle)
            if not handle.terminate(now_s):
                handle.spare()
        if (
            handle.kill_at_s is not None
            and now_s >= handle.kill_at_s
            and (handle.termed or handle.leaving or not handle.ready)
        ):
            handle.kill()
        self._retire(handle, now_s)

    def _retire(self, handle: ChildHandle, now_s: float) -> None:
        jobs = self._settings.recycle_jobs
        if handle.retiring is None and jobs is not None and handle.given >= jobs:
            handle.retiring = f"it has run {handle.given} jobs"
        if self.over and handle.retiring is None:
            handle.retiring = "the worker stops"
        if handle.retiring is None or handle.runs or handle.leaving or not handle.ready:
            return
        if not self.over:
            log_event("child_recycled", pid=handle.pid, jobs=handle.given, reason=handle.retiring)
        handle.leave(now_s + LEAVE_WITHIN_S)

    def _limit_memory(self, now_s: float) -> None:
        limit_mb = self._settings.recycle_memory_mb
        if limit_mb is None or now_s < self._memory_at_s:
            return
        self._memory_at_s = now_s + MEMORY_EVERY_S
        for handle in self.handles():
            if handle.is_open and (held_mb := resident_mb(handle.pid)) > limit_mb:
                handle.retiring = f"it holds {held_mb:.0f} MB, more than its limit of {limit_mb:g} MB"
                self.take_unstarted(handle)

    def _reap(self, handle: ChildHandle, status: int) -> None:
        self._child_messages.hear(handle)
        if handle.runs and not handle.killed and not handle.termed:
            log_event("child_died", logging.ERROR, pid=handle.pid, status=status)
        self.backlog.extendleft(reversed(self._exit_judge.examine(handle, status)))
        handle.runs.clear()

    def _confirm(self, handle: ChildHandle, number: int) -> None:
        self.written.append((handle, number))
        self.pool.ring()

    def _pause_s(self) -> float | None:
        """Return how long to wait: until then nothing can be due."""
        handles = self.handles()
        if self.over or self.backlog or any(one.runs or one.leaving or not one.ready for one in handles):
            return TICK_S
        if not self.pool.booted or not handles:
            return TICK_S
        return MEMORY_EVERY_S if self._settings.recycle_memory_mb is not None else None
