"""Renews leases and the worker's registration, from a thread of its own that no handler blocks."""

from __future__ import annotations

import logging
from threading import Event
from typing import TYPE_CHECKING

from queuetui.engine.context import CancelCause
from queuetui.engine.guard import resident_bytes
from queuetui.engine.logs import log_event
from queuetui.engine.store_health import STORE_TROUBLE

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore
    from queuetui.engine.clock import Clock
    from queuetui.engine.lease import Leases
    from queuetui.engine.stop import Stopping
    from queuetui.engine.store_health import StoreHealth
    from queuetui.model.worker import WorkerCard

PART = "renewal"
RENEWALS_A_LEASE = 6
LONGEST_BEAT_S = 5.0


class LeaseRenewer:
    """Renews every lease six times in its length and writes the worker's beat."""

    def __init__(
        self,
        store: JobStore,
        card: WorkerCard,
        leases: Leases,
        stopping: Stopping,
        health: StoreHealth,
        clock: Clock,
    ) -> None:
        self._store = store
        self._card = card
        self._leases = leases
        self._stopping = stopping
        self._health = health
        self._clock = clock
        self._over = Event()
        self._every_s = min(LONGEST_BEAT_S, leases.lease_s / RENEWALS_A_LEASE)

    def run(self) -> None:
        """Renew until `end` is called; failures do not make it rarer."""
        while not self._clock.wait(self._over, self._every_s):
            try:
                self._renew()
                self._beat()
            except STORE_TROUBLE as error:
                self._health.failed(PART, error)
            else:
                self._health.answered(PART)

    def end(self) -> None:
        """End the thread."""
        self._over.set()

    def _renew(self) -> None:
        asked_s = self._clock.now()
        held = [lease for lease in self._leases.all() if lease.lost is None]
        if not held:
            return
        renewal = self._store.renew([lease.id for lease in held], self._leases.lease_s)
        for lease in held:
            if lease.id in renewal.valid:
                lease.renewed_s = asked_s
            elif lease in self._leases.all():
                self._leases.lose(lease, "the store says that it is over")
        for run in self._leases.runs():
            if run.job.id in renewal.cancels and run.context.cancel_cause is None:
                log_event("cancel_requested", logging.INFO, **run.facts)
                run.context.cancel(CancelCause.PERSON)

    def _beat(self) -> None:
        if not self._store.beat(self._card.id, resident_bytes(), self._stopping.asked):
            log_event("worker_registered_again", logging.WARNING, worker=self._card.id)
            self._store.register(self._card)
