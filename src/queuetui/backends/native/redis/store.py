"""The native queue on Redis for workers and clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import uuid4

from queuetui.backends.base import Lease, Listener, Renewal, Running, Step, Swept
from queuetui.backends.native.emptied import Emptied, made_anew
from queuetui.backends.native.redis import migration
from queuetui.backends.native.redis.alarms import DurabilityAlarm
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.backends.native.redis.new_jobs import is_plain, read_answers, read_jobs
from queuetui.backends.native.redis.server import Server, Value
from queuetui.backends.native.redis.step import read_settlements, read_step, span_us
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.texts import storable
from queuetui.model.clock import from_us
from queuetui.model.errors import SchemaTooNew, Unsupported
from queuetui.model.job import Enqueued, NewJob, Settlement
from queuetui.model.state import State
from queuetui.model.worker import WorkerCard, note_worker

if TYPE_CHECKING:
    from sqlalchemy import Connection

# A script blocks the server, so each gets no more jobs than this.
BATCH_JOBS = 500
ENQUEUED_BATCH_JOBS = 1000


class RedisJobStore:
    """The JobStore and SchemaStore halves of the backend."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._retention = Retention.from_settings(server.options.settings)
        self._key_kept_us = span_us(self._retention.keys_s)
        self._alarm = DurabilityAlarm(server)

    def enqueue(self, jobs: Sequence[NewJob], connection: Connection | None = None) -> tuple[Enqueued, ...]:
        """Store jobs, all or none."""
        if connection is not None:
            raise Unsupported(
                "a queue on Redis cannot join a database's transaction; enqueue after the commit with an idempotency key, "
                "or keep the queue in that database"
            )
        if len(jobs) <= ENQUEUED_BATCH_JOBS:
            script = "enqueue_one" if len(jobs) == 1 and is_plain(jobs[0]) else "enqueue"
            return read_answers(jobs, self.server.write("enqueueing", script, *read_jobs(jobs))) if jobs else ()
        batches = [jobs[start : start + ENQUEUED_BATCH_JOBS] for start in range(0, len(jobs), ENQUEUED_BATCH_JOBS)]
        replies = self.server.write_all("enqueueing", "enqueue", list(map(read_jobs, batches)))
        return tuple(
            answer for batch, reply in zip(batches, replies, strict=True) for answer in read_answers(batch, reply)
        )

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Subscribe to the channel that names queues with pending jobs."""
        return self.server.listen(hear)

    def register(self, worker: WorkerCard) -> None:
        """Write a worker's registration and first beat."""
        values: dict[str, Value] = {
            "host": worker.host,
            "pid": worker.pid,
            "version": worker.version,
            "queues": json.dumps(worker.queues),
            "types": json.dumps(worker.types),
            "tags": json.dumps(worker.tags),
            "slots": worker.slots,
        }
        pairs = [part for pair in values.items() for part in pair]
        self.server.write("registering the worker", "register", worker.id, note_worker(worker), *pairs)

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Write a beat."""
        rss = "" if rss_bytes is None else rss_bytes
        return bool(self.server.write("beating", "beat", worker_id, rss, int(stopping)))

    def retire(self, worker_id: str, note: str = "") -> None:
        """Delete a worker's registration."""
        self.server.write("retiring the worker", "retire", worker_id, note)

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Return the unpaused queues that have pending jobs."""
        if queues is not None and not queues:
            return ()
        reply = self.server.read("looking for ready queues", "queues_ready", *(queues or ()))
        return tuple(name.decode() for name in reply)

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Open a lease; raises SchemaTooNew when the queue's protocol is newer than this worker's."""
        self.server.watch_epoch()
        lease_id = uuid4().hex
        values = (lease_id, worker_id, queue, span_us(lease_s), migration.PROTOCOL)
        ends = made_anew(lambda: self._open_lease(values), self.migrate)
        if ends is None:
            raise SchemaTooNew(
                "the queue was migrated by a newer queuetui while this worker ran; install that version here and start it again"
            )
        return Lease(lease_id, queue, from_us(int(ends)))

    def _open_lease(self, values: Sequence[Value]) -> bytes | None:
        ends: bytes | int | None = self.server.write("opening a lease", "open_lease", *values)
        if isinstance(ends, int):
            raise Emptied
        return ends

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong the leases that are still valid."""
        valid, cancels = self.server.write("renewing leases", "renew", span_us(lease_s), *lease_ids)
        return Renewal(frozenset(one.decode() for one in valid), frozenset(map(from_stored, cancels)))

    def close_lease(self, lease_id: str) -> int:
        """End a lease and release the jobs still held under it."""
        return int(self.server.write("closing a lease", "close_lease", self._key_kept_us, lease_id))

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and then claim."""
        values = read_settlements(settlements)
        reply = self.server.write("settling and claiming jobs", "step", self._key_kept_us, lease_id, claim, *values)
        return read_step(settlements, reply)

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Write start times and progress."""
        values: list[Value] = []
        for one in running:
            values += [to_stored(one.job_id), one.fence, span_us(one.running_s)]
            values += [int(one.progress is not None), storable(one.progress or "")]
        self.server.write("marking running jobs", "mark_running", lease_id, *values)

    def promote(self, limit: int) -> int:
        """Make due jobs pending."""
        promoted = 0
        while promoted < limit:
            batch = min(BATCH_JOBS, limit - promoted)
            count = int(self.server.write("promoting due jobs", "promote", batch))
            promoted += count
            if count < batch:
                break
        return promoted

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free jobs of expired or missing leases."""
        self.server.watch_epoch()
        reply = self.server.write("sweeping leases", "sweep", self._key_kept_us, min(limit, BATCH_JOBS))
        return tuple(
            Swept(from_stored(job_id), kind.decode(), queue.decode(), worker.decode(), bool(failed))
            for job_id, kind, queue, worker, failed in reply
        )

    def prune(self, limit: int) -> int:
        """Delete expired records, and check that the server's settings still make writes durable."""
        self._alarm.look()
        kept = [self._retention.kept_s(state) for state in (State.COMPLETED, State.CANCELLED, State.FAILED)]
        kept.append(self._retention.events_s)
        return int(self.server.write("pruning", "prune", min(limit, BATCH_JOBS), *map(span_us, kept)))

    def next_due_s(self) -> float | None:
        """Return the seconds until the next waiting job is due."""
        reply = self.server.read("looking for the next due job", "next_due")
        return None if reply is None else max(0.0, int(reply) / 1e6)

    def version(self) -> int | None:
        """Return the schema's version."""
        return migration.read_version(self.server)

    def migrate(self) -> tuple[str, ...]:
        """Bring the schema up to date."""
        return migration.migrate(self.server)

    def pending(self) -> tuple[str, ...]:
        """Return the names of the migrations still to apply."""
        return migration.pending_migrations(self.server)
