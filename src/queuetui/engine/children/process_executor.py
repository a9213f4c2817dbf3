"""Runs handlers in child processes, which can be killed at a time limit, a cancel or a lost lease.

A child runs one handler at a time and is reused. Runs of quick types are sent ahead, up to fifty a message, all others one at a
time. A run whose child dies is lost, not failed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from queuetui.engine.children.supervisor import Supervisor
from queuetui.engine.context import CancelCause
from queuetui.model.errors import BadConfig
from queuetui.model.schedule import ScheduleSpec

if TYPE_CHECKING:
    from queuetui.engine.children.child_handle import ChildHandle
    from queuetui.engine.children.messages import Boot
    from queuetui.engine.clock import Pace
    from queuetui.engine.finisher import Outbox
    from queuetui.engine.held import Run
    from queuetui.engine.settings import WorkerSettings

START_WITHIN_S = 65.0
HALT_WITHIN_S = 5.0
CLOSE_WITHIN_S = 10.0


class ProcessExecutor:
    """The executor of `--isolation process`; every method may be called from any thread."""

    def __init__(self, settings: WorkerSettings, boot: Boot, outbox: Outbox, pace: Pace) -> None:
        self._supervisor = Supervisor(settings, boot, outbox, pace)
        self._thread: Thread | None = None

    def start(self, guard: Callable[[Callable[[], None]], None]) -> None:
        """Start the thread that tends children, and wait until the application is loaded.

        Raises NotFound, BadConfig.
        """
        supervisor = self._supervisor
        self._thread = Thread(target=guard, args=(supervisor.run,), name="queuetui-children", daemon=True)
        self._thread.start()
        with supervisor.lock:
            supervisor.lock.wait_for(
                lambda: supervisor.pool.booted or supervisor.pool.failure is not None, START_WITHIN_S
            )
            if supervisor.pool.failure is not None:
                raise supervisor.pool.failure
            if not supervisor.pool.booted:
                raise BadConfig(
                    f"the application did not load within {START_WITHIN_S:g} s; look at what it does on import", "--app"
                )
            supervisor.started = True

    @property
    def declared(self) -> tuple[ScheduleSpec, ...]:
        """The recurring jobs that the application declares, once it is loaded."""
        return tuple(map(ScheduleSpec.from_text, self._supervisor.pool.schedules))

    @property
    def types(self) -> tuple[str, ...]:
        """The types that the application has handlers for, once it is loaded."""
        return self._supervisor.pool.types

    @property
    def unstarted(self) -> int:
        """How many runs may be waiting; all runs given to children count, whether begun or not."""
        return len(self._supervisor.backlog) + sum(len(handle.runs) for handle in self._supervisor.handles())

    @property
    def given_up(self) -> int:
        """Always zero: a handler that does not end is killed."""
        return 0

    def submit(self, runs: Sequence[Run]) -> None:
        """Take runs over, in order."""
        supervisor = self._supervisor
        for run in runs:
            run.context.on_cancel(partial(self._cancel, run))
        supervisor.backlog.extend(runs)
        supervisor.pool.ring()

    def take_back(self) -> list[Run]:
        """Return every run that has not begun, also from children whose handler holds the interpreter."""
        supervisor = self._supervisor
        with supervisor.lock:
            for handle in supervisor.handles():
                supervisor.take_unstarted(handle)
            taken = list(supervisor.backlog)
            supervisor.backlog.clear()
            return taken

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work, with the times they began at."""
        found = []
        for handle in self._supervisor.handles():
            at_work = handle.at_work()
            if at_work is not None:
                _, run, began_s = at_work
                run.started_s, run.timeout_s = began_s, self._supervisor.rules.limit_s(run)
                found.append(run)
        return found

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """Kill a run past its limit, which then ends as timed out; False when it is dying already."""
        if run.context.cancel_cause in {CancelCause.TIMEOUT, CancelCause.LEASE_LOST, CancelCause.SHUTDOWN}:
            return False
        run.context.cancel(CancelCause.TIMEOUT)
        return True

    def give_up(self, run: Run) -> None:
        """Do nothing: the run's child is being killed."""

    def mend(self) -> int:
        """Do nothing: the supervisor's thread reaps and replaces dead children."""
        return 0

    def halt(self) -> bool:
        """Wait until no child runs a handler whose run has ended; False when a child does not die."""
        supervisor = self._supervisor
        supervisor.pool.ring()
        with supervisor.lock:
            return supervisor.lock.wait_for(lambda: not any(map(_is_busy, supervisor.handles())), HALT_WITHIN_S)

    def close(self) -> None:
        """End every child and the fork server."""
        supervisor = self._supervisor
        supervisor.over = True
        supervisor.pool.ring()
        if self._thread is not None:
            self._thread.join(CLOSE_WITHIN_S)

    def perform(self, run: Run) -> None:
        """Run one job and wait for its ending."""
        self.submit([run])
        run.await_end()

    def _cancel(self, run: Run) -> None:
        self._supervisor.cancelled.append(run)
        self._supervisor.pool.ring()


def _is_busy(handle: ChildHandle) -> bool:
    return bool(handle.runs)
