"""Runs most handlers in threads, and in child processes those that ask for a hard limit."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING

from queuetui.engine.executor import ThreadExecutor

if TYPE_CHECKING:
    from queuetui.engine.children.process_executor import ProcessExecutor
    from queuetui.engine.held import Run
    from queuetui.engine.performer import Performer, TaskFinder


class MixedExecutor(ThreadExecutor):
    """Threads that may hand a run to a child process and wait for it, so that a slot is one job."""

    def __init__(
        self, slots: int, performer: Performer, tasks: TaskFinder, make_processes: Callable[[], ProcessExecutor]
    ) -> None:
        self._tasks = tasks
        self._make_processes = make_processes
        self._processes: ProcessExecutor | None = None
        self._making = Lock()
        self._handed: set[Run] = set()
        self._soft: set[str] = set()
        super().__init__(slots, performer)

    def perform(self, run: Run) -> None:
        """Run one job in this thread, or hand it to a child process and wait for its ending."""
        if run.job.type in self._soft or run.ended or not self._is_hard(run.job.type):
            self._performer.perform(run)
            return
        processes = self._started_processes()
        self._handed.add(run)
        processes.perform(run)
        self._handed.discard(run)
        run.await_written()

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work."""
        if self._processes is not None:
            self._processes.running()
        return super().running()

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run that exceeded its limit; kill its child if it runs in one."""
        if self._processes is not None and run in self._handed:
            return self._processes.time_out(run, limit_s, elapsed_s)
        return super().time_out(run, limit_s, elapsed_s)

    def halt(self) -> bool:
        """Wait until child processes run no ended run."""
        return self._processes is None or self._processes.halt()

    def close(self) -> None:
        """Let every slot end after its current run, and every child."""
        super().close()
        if self._processes is not None:
            self._processes.close()

    def _is_hard(self, job_type: str) -> bool:
        try:
            if self._tasks.find(job_type).hard_timeout:
                return True
            self._soft.add(job_type)
            return False
        except BaseException:  # noqa: BLE001 - finding it may import anything; the run itself reports the error
            return False

    def _started_processes(self) -> ProcessExecutor:
        with self._making:
            if self._processes is None:
                self._processes = self._make_processes()
            return self._processes
