"""Promotes, sweeps and prunes in memory; any worker does this for all queues."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.backends.base import Swept
from queuetui.backends.native.memory.endings import lose
from queuetui.backends.native.memory.event_log import prune_events, tell_job, tell_of
from queuetui.backends.native.memory.run_notes import prune_notes
from queuetui.backends.native.retention import TALLY_KEPT_S
from queuetui.model.event import EventKind
from queuetui.model.state import FINAL, State

if TYPE_CHECKING:
    from queuetui.backends.native.memory.records import JobRecord
    from queuetui.backends.native.memory.store import MemoryStore


class MemoryUpkeep:
    """Promotion, sweep and prune."""

    store: MemoryStore

    def promote(self, limit: int) -> int:
        """Make due jobs pending, the longest due first."""
        with self.store.lock:
            now = self.store.now()
            due = [record for record in self._put_off() if record.due_at <= now]
            due.sort(key=lambda record: (record.due_at, record.new.id))
            for record in due[:limit]:
                tell_job(self.store, EventKind.JOB_DUE, record)
                self.store.move(record, State.PENDING)
            return len(due[:limit])

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free jobs of expired or missing leases."""
        with self.store.lock:
            processing = self.store.in_state(State.PROCESSING)
            loose = [record for record in processing if self.store.valid_lease(record.lease_id) is None]
            swept = tuple(self._sweep_one(record) for record in loose[:limit])
            for lease in tuple(self.store.leases.values()):
                if self.store.valid_lease(lease.id) is None and not self.store.held(lease.id):
                    tell_of(self.store, EventKind.WORKER_LOST, lease.queue, lease.worker_id)
                    del self.store.leases[lease.id]
            return swept

    def _sweep_one(self, record: JobRecord) -> Swept:
        worker = record.worker_id or ""
        failed = lose(self.store, record)
        return Swept(record.new.id, record.new.type, record.new.queue, worker, failed)

    def prune(self, limit: int) -> int:
        """Delete final jobs past their retention, expired keys and old tally rows."""
        with self.store.lock:
            now = self.store.now()
            old = [record for record in self.store.in_state(*FINAL) if self._is_past_retention(record)][:limit]
            for record in old:
                self.store.remove(record)
            keys = [
                name for name, key in self.store.keys.items() if key.expires_at is not None and key.expires_at <= now
            ]
            for name in keys[: limit - len(old)]:
                del self.store.keys[name]
            horizon = now - timedelta(seconds=TALLY_KEPT_S)
            minutes = [place for place in self.store.tally if place[0] < horizon]
            for place in minutes[: max(0, limit - len(old) - len(keys))]:
                del self.store.tally[place]
            told = prune_events(self.store, max(0, limit - len(old) - len(keys) - len(minutes)))
            noted = prune_notes(self.store, limit - len(old) - len(keys) - len(minutes) - told)
            return min(limit, len(old) + len(keys) + len(minutes) + told + noted)

    def _is_past_retention(self, record: JobRecord) -> bool:
        kept = timedelta(seconds=self.store.retention.kept_s(record.state))
        return record.done_at is not None and record.done_at + kept <= self.store.now()

    def next_due_s(self) -> float | None:
        """Return the seconds until the next job is due, zero when one is already."""
        with self.store.lock:
            due = min((record.due_at for record in self._put_off()), default=None)
            return None if due is None else max(0.0, (due - self.store.now()).total_seconds())

    def _put_off(self) -> list[JobRecord]:
        return list(self.store.in_state(State.SCHEDULED, State.RETRYING))
