"""The maintenance that every worker does for the whole store: promote, sweep and prune, with jitter."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.engine.clock import jittered
from queuetui.engine.logs import log_event
from queuetui.engine.store_health import STORE_TROUBLE

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore, Swept
    from queuetui.engine.clock import Clock
    from queuetui.engine.settings import WorkerSettings
    from queuetui.engine.stop import Stopping
    from queuetui.engine.store_health import StoreHealth

PART = "upkeep"
SWEEPS_A_LEASE = 3
PRUNE_EVERY_S = 60.0
SWEEP_LIMIT = 100
PROMOTE_LIMIT = 500
PRUNE_LIMIT = 500
BATCHES_A_ROUND = 20


class Sweeper:
    """Makes due jobs pending, takes jobs from dead workers, and deletes what is past its retention."""

    def __init__(
        self, store: JobStore, settings: WorkerSettings, stopping: Stopping, health: StoreHealth, clock: Clock
    ) -> None:
        self._store = store
        self._stopping = stopping
        self._health = health
        self._clock = clock
        self._sweep_every_s = settings.lease_s / SWEEPS_A_LEASE
        self._round_s = min(settings.sleep_s, self._sweep_every_s)
        self._sweep_at_s = self._clock.now()
        self._prune_at_s = self._clock.now() + jittered(PRUNE_EVERY_S)
        self._has_pruned = False

    def run(self) -> None:
        """Repeat the maintenance until the worker is to stop."""
        pause_s = jittered(self._round_s / 2)
        while not self._stopping.asked_within(pause_s):
            try:
                self._make_round()
            except STORE_TROUBLE as error:
                self._health.pause(self._health.failed(PART, error), self._stopping)
                pause_s = jittered(self._round_s)
            else:
                self._health.answered(PART)
                pause_s = jittered(self._round_s)
        if not self._has_pruned and self._health.well:
            self._prune_at_the_end()

    def _make_round(self) -> None:
        due_s = self._store.next_due_s()
        if due_s is not None and due_s <= 0:
            self._repeat(lambda: self._store.promote(PROMOTE_LIMIT) == PROMOTE_LIMIT)
        if self._clock.now() >= self._sweep_at_s:
            self._sweep_at_s = self._clock.now() + jittered(self._sweep_every_s)
            self._repeat(self._sweep)
        if self._clock.now() >= self._prune_at_s:
            self._prune_at_s = self._clock.now() + jittered(PRUNE_EVERY_S)
            self._has_pruned = True
            self._repeat(lambda: self._store.prune(PRUNE_LIMIT) == PRUNE_LIMIT)

    def _prune_at_the_end(self) -> None:
        """Prune one batch: where only short-lived workers run, as from a crontab, nothing else would."""
        try:
            self._store.prune(PRUNE_LIMIT)
        except STORE_TROUBLE as error:
            self._health.failed(PART, error)

    def _repeat(self, do_batch: Callable[[], bool]) -> None:
        """Repeat a small batch while it is full, but leave time for the other maintenance."""
        for _ in range(BATCHES_A_ROUND):
            if self._stopping.asked or not do_batch():
                return

    def _sweep(self) -> bool:
        swept = self._store.sweep(SWEEP_LIMIT)
        for job in swept:
            _tell(job)
        return len(swept) == SWEEP_LIMIT


def _tell(job: Swept) -> None:
    event, level = ("job_quarantined", logging.ERROR) if job.failed else ("job_rescued", logging.WARNING)
    log_event(event, level, job_id=job.job_id, job_type=job.type, queue=job.queue, lost_worker=job.worker)
