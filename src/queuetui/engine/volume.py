"""Limits the routine log lines of a worker: a line per job while jobs are few, else a line per second."""

from __future__ import annotations

import logging

from queuetui.engine.logs import WORKER_LOGGER, log_event

KEPT_S = 2.0


class Volume:
    """The budget of runs per second that are logged one by one; failed runs are always logged.

    For a very short job two lines of JSON cost more than all its other work. Used by the claiming thread alone.
    """

    def __init__(self, runs_a_s: float, worker_id: str, now_s: float) -> None:
        self._runs_a_s = runs_a_s
        self._worker_id = worker_id
        self._left = runs_a_s * KEPT_S
        self._filled_s = now_s
        self._untold = 0
        self._untold_since_s = 0.0

    def take(self, runs: int, now_s: float) -> int:
        """Return how many of the new runs are to be logged one by one."""
        if WORKER_LOGGER.isEnabledFor(logging.DEBUG):
            return runs
        if not WORKER_LOGGER.isEnabledFor(logging.INFO):
            return 0
        self._left = min(self._left + (now_s - self._filled_s) * self._runs_a_s, self._runs_a_s * KEPT_S)
        self._filled_s = now_s
        told = min(runs, int(self._left))
        self._left -= told
        return told

    def leave_out(self, completed: int, now_s: float) -> None:
        """Count completed runs that were not logged."""
        if not self._untold:
            self._untold_since_s = now_s
        self._untold += completed

    def sum_up(self, now_s: float) -> None:
        """Log their number in one line."""
        if self._untold:
            span_s = round(max(now_s - self._untold_since_s, 0.001), 3)
            log_event("jobs_completed", jobs=self._untold, span_s=span_s, worker=self._worker_id)
            self._untold = 0
