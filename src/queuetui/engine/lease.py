"""The leases of a worker, one per queue, and until when each can be trusted."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING

from queuetui.engine.held import HeldLease
from queuetui.engine.logs import log_event

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore
    from queuetui.engine.clock import Clock
    from queuetui.engine.held import Run

# Runs are stopped before the store can grant their jobs to another worker: after 20 s of a lease of 30 s.
TRUSTED_PART = 2 / 3


class Leases:
    """All leases of one worker.

    Only the claiming thread opens and closes them; the threads that renew and guard read them.
    """

    def __init__(self, store: JobStore, worker_id: str, lease_s: float, clock: Clock) -> None:
        self.lease_s = lease_s
        self._store = store
        self._worker_id = worker_id
        self._clock = clock
        self._held: dict[str, HeldLease] = {}
        self._lock = Lock()

    def all(self) -> tuple[HeldLease, ...]:
        """Return the leases held right now."""
        with self._lock:
            return tuple(self._held.values())

    def for_queue(self, queue: str) -> HeldLease:
        """Return the lease to claim under, and open one if there is none."""
        for lease in self.all():
            if lease.queue == queue and not lease.closing and lease.lost is None:
                return lease
        asked_s = self._clock.now()
        opened = self._store.open_lease(self._worker_id, queue, self.lease_s)
        lease = HeldLease(opened.id, queue, asked_s, used_s=asked_s)
        with self._lock:
            self._held[lease.id] = lease
        return lease

    def lose(self, lease: HeldLease, why: str) -> None:
        """Mark a lease as lost and log that, once."""
        if lease.lost is None:
            stopped = lease.lose(why)
            log_event("lease_lost", logging.ERROR, queue=lease.queue, jobs=stopped, reason=why, worker=self._worker_id)

    def close(self, lease: HeldLease) -> int:
        """Close a lease in the store, with all its jobs; return how many the store released."""
        released = 0 if lease.lost else self._store.close_lease(lease.id)
        self.forget(lease)
        return released

    def forget(self, lease: HeldLease) -> None:
        """Remove a lease without closing it in the store."""
        lease.forgotten = True
        with self._lock:
            self._held.pop(lease.id, None)

    def overdue(self) -> Iterable[HeldLease]:
        """Yield the leases whose last completed renewal is too old for them to be trusted."""
        now_s = self._clock.now()
        return (one for one in self.all() if one.lost is None and now_s - one.renewed_s > self.lease_s * TRUSTED_PART)

    def runs(self) -> list[Run]:
        """Return all runs under all leases."""
        return [run for lease in self.all() for run in tuple(lease.runs)]

    def held_jobs(self) -> int:
        """Return how many jobs are held."""
        return sum(len(lease.runs) for lease in self.all())
