"""Enforces the limits on time, leases and memory, and the worker's lifetime, whatever handlers do."""

from __future__ import annotations

import logging
import os
from functools import cache
from typing import TYPE_CHECKING

from queuetui.engine.context import CancelCause
from queuetui.engine.logs import log_event

if TYPE_CHECKING:
    from queuetui.engine.clock import Clock
    from queuetui.engine.held import Run
    from queuetui.engine.isolation import Executor
    from queuetui.engine.lease import Leases
    from queuetui.engine.settings import WorkerSettings
    from queuetui.engine.stop import Stopping

MEMORY_EVERY_S = 1.0
GIVE_UP_AFTER_S = 1.0
GIVEN_UP_LIMIT = 20
BYTES_PER_MB = 1024 * 1024
_STATM_BYTES = 256
_OVERSTAYING = frozenset({CancelCause.TIMEOUT, CancelCause.LEASE_LOST})


def is_overstaying(run: Run) -> bool:
    """Tell whether a handler is still at work although its run was ended for a timeout or a lost lease."""
    return run.ended and run.context.cancel_cause in _OVERSTAYING


def resident_bytes() -> int:
    """Return the memory that this process holds."""
    opened = _open_statm(os.getpid())
    if opened is None:
        # Not on Linux: psutil can tell, at the cost of a megabyte of memory.
        import psutil

        return int(psutil.Process().memory_info().rss)
    return int(os.pread(opened, _STATM_BYTES, 0).split()[1]) * os.sysconf("SC_PAGE_SIZE")


@cache
def _open_statm(process: int) -> int | None:
    """Open the statistics file of a process once, as handlers may later use up all file descriptors."""
    try:
        return os.open(f"/proc/{process}/statm", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None


class LimitGuard:
    """The limits of a worker, which its main thread checks several times a second."""

    def __init__(
        self, settings: WorkerSettings, executor: Executor, leases: Leases, stopping: Stopping, clock: Clock
    ) -> None:
        self._settings = settings
        self._executor = executor
        self._leases = leases
        self._stopping = stopping
        self._clock = clock
        self._born_s = self._clock.now()
        _open_statm(os.getpid())
        self._memory_at_s = 0.0
        self._overstaying: dict[Run, float] = {}

    def look(self) -> None:
        """Act on every run, lease and limit whose time is over."""
        now_s = self._clock.now()
        for lease in self._leases.overdue():
            self._leases.lose(lease, f"no renewal was completed for {now_s - lease.renewed_s:.1f} s")
        if dead := self._executor.mend():
            log_event("slots_replaced", logging.ERROR, slots=dead)
        running = self._executor.running()
        for run in running:
            self._limit(run, now_s)
        self._replace_slots([run for run in running if is_overstaying(run)], now_s)
        self._limit_worker(now_s)

    def _limit(self, run: Run, now_s: float) -> None:
        elapsed_s = run.elapsed_s(now_s)
        if run.timeout_s is None or run.ended or elapsed_s <= run.timeout_s:
            return
        if self._executor.time_out(run, run.timeout_s, elapsed_s):
            log_event(
                "job_timed_out", logging.WARNING, **run.facts, duration_s=round(elapsed_s, 3), limit_s=run.timeout_s
            )

    def _replace_slots(self, overstaying: list[Run], now_s: float) -> None:
        """Replace the slots of handlers that do not end; stop a worker with too many such handlers."""
        self._overstaying = {run: self._overstaying.get(run, now_s) for run in overstaying}
        for run, since_s in self._overstaying.items():
            patience_s = GIVE_UP_AFTER_S if run.context.cancel_cause is CancelCause.TIMEOUT else self._settings.lease_s
            if now_s - since_s > patience_s:
                self._executor.give_up(run)
                log_event("handler_given_up", logging.ERROR, **run.facts, duration_s=round(run.elapsed_s(now_s), 3))
        if self._executor.given_up >= GIVEN_UP_LIMIT:
            self._stopping.ask(f"{GIVEN_UP_LIMIT} handlers never ended after their time; only a new process frees them")

    def _limit_worker(self, now_s: float) -> None:
        limit_s, limit_mb = self._settings.timeout_s, self._settings.max_memory_mb
        if limit_s is not None and now_s - self._born_s >= limit_s:
            self._stopping.ask(f"its time of {limit_s:g} s is over")
        if limit_mb is None or now_s < self._memory_at_s:
            return
        self._memory_at_s = now_s + MEMORY_EVERY_S
        held_mb = resident_bytes() / BYTES_PER_MB
        if held_mb > limit_mb:
            self._stopping.ask(f"it holds {held_mb:.0f} MB, more than its limit of {limit_mb:g} MB")
