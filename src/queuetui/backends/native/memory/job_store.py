"""Enqueue, leases and the claim, in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from queuetui.backends.base import Lease, Listener, Renewal, Running, Step
from queuetui.backends.native.memory.claims import choose_ready
from queuetui.backends.native.memory.endings import release, set_start, settle
from queuetui.backends.native.memory.event_log import tell_job, tell_of
from queuetui.backends.native.memory.records import JobRecord, KeyRecord, LeaseRecord, WorkerRecord
from queuetui.backends.native.texts import check_texts
from queuetui.model.errors import Unsupported
from queuetui.model.event import EventKind
from queuetui.model.job import ClaimedJob, Enqueued, NewJob, Settlement
from queuetui.model.state import State
from queuetui.model.worker import note_worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.native.memory.store import MemoryStore
    from queuetui.model.worker import WorkerCard


class MemoryJobStore:
    """What workers and clients use."""

    store: MemoryStore

    def enqueue(self, jobs: Sequence[NewJob], connection: Connection | None = None) -> tuple[Enqueued, ...]:
        """Store jobs, all or none."""
        if connection is not None:
            message = "an in-memory queue has no transactions to join; use sqlite or postgresql"
            raise Unsupported(message)
        with self.store.lock:
            now = self.store.now()
            # All jobs are checked before the first is stored: one that is refused keeps out the whole call.
            for new in jobs:
                check_texts(new)
            due = [new.at or now + timedelta(seconds=new.delay_s or 0.0) for new in jobs]
            return tuple(self._enqueue_one(new, due_at, now) for new, due_at in zip(jobs, due, strict=True))

    def _enqueue_one(self, new: NewJob, due_at: datetime, now: datetime) -> Enqueued:
        key = None if new.idempotency_key is None else self.store.keys.get(new.idempotency_key)
        holder_id = new.id if key is None or new.id in self.store.jobs else key.job_id
        holder = self.store.jobs.get(holder_id)
        if holder is not None or key is not None:
            return Enqueued(holder_id, created=False, state=None if holder is None else holder.state)
        state = State.SCHEDULED if due_at > now else State.PENDING
        self.store.jobs[new.id] = JobRecord(new, state, max(due_at, now), created_at=now, updated_at=now)
        if new.idempotency_key is not None:
            self.store.keys[new.idempotency_key] = KeyRecord(new.id)
        self.store.tally_now(new.queue).enqueued += 1
        tell_job(self.store, EventKind.JOB_CREATED, self.store.jobs[new.id], moment=max(due_at, now), detail=new.type)
        return Enqueued(new.id, created=True, state=state)

    def register(self, worker: WorkerCard) -> None:
        """Write a worker's registration and first beat."""
        with self.store.lock:
            now = self.store.now()
            self.store.workers[worker.id] = WorkerRecord(worker, started_at=now, beat_at=now)
            tell_of(self.store, EventKind.WORKER_STARTED, None, worker.id, detail=note_worker(worker))

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Write a beat."""
        with self.store.lock:
            worker = self.store.workers.get(worker_id)
            if worker is not None:
                worker.beat_at, worker.rss_bytes, worker.stopping = self.store.now(), rss_bytes, stopping
            return worker is not None

    def retire(self, worker_id: str, note: str = "") -> None:
        """Delete a worker's registration."""
        with self.store.lock:
            if self.store.workers.pop(worker_id, None) is not None:
                tell_of(self.store, EventKind.WORKER_STOPPED, None, worker_id, detail=note or None)

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Return the unpaused queues that have pending jobs."""
        with self.store.lock:
            pending = {record.new.queue for record in self.store.in_state(State.PENDING)}
        return tuple(name for name in (sorted(pending) if queues is None else queues) if self._is_ready(name, pending))

    def _is_ready(self, queue: str, pending: set[str]) -> bool:
        return queue in pending and not self.store.is_paused(queue)

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Open a lease."""
        with self.store.lock:
            lease = LeaseRecord(uuid4().hex, worker_id, queue, self.store.now() + timedelta(seconds=lease_s))
            self.store.leases[lease.id] = lease
            return Lease(lease.id, queue, lease.until)

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong the leases that are still valid."""
        with self.store.lock:
            valid = [lease for lease in map(self.store.valid_lease, lease_ids) if lease is not None]
            for lease in valid:
                lease.until = self.store.now() + timedelta(seconds=lease_s)
            held = [record for lease in valid for record in self.store.held(lease.id)]
        cancels = frozenset(record.new.id for record in held if record.cancel_requested_at is not None)
        return Renewal(frozenset(lease.id for lease in valid), cancels)

    def close_lease(self, lease_id: str) -> int:
        """End a lease and release the jobs held under it; jobs of an expired lease are left to the sweep."""
        with self.store.lock:
            if self.store.valid_lease(lease_id) is None:
                return 0
            held = self.store.held(lease_id)
            for record in held:
                release(self.store, record)
            del self.store.leases[lease_id]
            return len(held)

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and then claim."""
        with self.store.lock:
            lease = self.store.valid_lease(lease_id)
            accepted = frozenset(one.job_id for one in settlements if settle(self.store, lease, one))
            if lease is None:
                return Step(accepted, (), lease_valid=False)
            chosen, again_s = self._choose(lease, claim)
            claimed = tuple(self._claim(lease, record, alone=len(chosen) == 1) for record in chosen)
            return Step(accepted, claimed, again_s=again_s)

    def _choose(self, lease: LeaseRecord, claim: int) -> tuple[list[JobRecord], float | None]:
        """Return the next jobs in claim order, and when jobs that rules keep back may be claimed."""
        if claim < 1 or self.store.is_paused(lease.queue):
            return [], None
        ready = [record for record in self.store.in_state(State.PENDING) if record.new.queue == lease.queue]
        return choose_ready(self.store, lease, ready, claim)

    def _claim(self, lease: LeaseRecord, record: JobRecord, *, alone: bool) -> ClaimedJob:
        record.state, record.claimed_alone = State.PROCESSING, alone
        record.lease_id, record.worker_id = lease.id, lease.worker_id
        record.fence += 1
        record.claimed_at, record.started_at = self.store.now(), None
        self.store.touch(record)
        self.store.tally_now(lease.queue).started += 1
        tell_job(self.store, EventKind.JOB_SCHEDULED, record)
        new = record.new
        return ClaimedJob(
            id=new.id,
            fence=record.fence,
            type=new.type,
            queue=new.queue,
            payload=new.payload,
            name=new.name,
            priority=new.priority,
            attempts=record.attempts,
            max_attempts=new.max_attempts,
            lost=record.lost,
            correlation_id=new.correlation_id,
            tags=new.tags,
            timeout_s=new.timeout_s,
            created_at=record.created_at,
            scheduled_at=record.due_at,
            context=new.context,
        )

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Write start times and progress."""
        with self.store.lock:
            if self.store.valid_lease(lease_id) is None:
                return
            for one in running:
                record = self.store.jobs.get(one.job_id)
                if record is not None and record.lease_id == lease_id and record.fence == one.fence:
                    self._mark(record, one)

    def _mark(self, record: JobRecord, running: Running) -> None:
        if record.started_at is None:
            set_start(self.store, record, running.running_s)
            tell_job(self.store, EventKind.JOB_STARTED, record, moment=record.started_at)
        if running.progress is not None and running.progress != record.progress:
            record.progress = running.progress
            tell_job(self.store, EventKind.JOB_PROGRESS, record, moment=record.started_at, detail=running.progress)

    def migrate(self) -> tuple[str, ...]:
        """Return nothing: memory has no schema to migrate."""
        return ()

    def pending(self) -> tuple[str, ...]:
        """Return nothing."""
        return ()

    def version(self) -> int | None:
        """Return 1."""
        return 1

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Return None: memory has no notifications."""
        return None
