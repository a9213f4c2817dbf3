"""The native queue on SQL for workers and clients."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from uuid import UUID

from queuetui.backends.base import Lease, Listener, Renewal, Running, Step, Swept
from queuetui.backends.native.emptied import made_anew
from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.schema import upgrade
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.worker import enqueue, leases, registrations, upkeep
from queuetui.backends.native.sql.worker import step as stepping
from queuetui.backends.native.sql.worker.lease_ids import new_lease_id
from queuetui.backends.native.sql.worker.new_rows import to_rows
from queuetui.backends.native.sql.worker.queue_walk import QueueWalk
from queuetui.backends.native.sql.worker.ruled_claims import RuledLeases, is_ruled, step_by_rules
from queuetui.backends.sql.driver_errors import translated
from queuetui.model.job import Enqueued, NewJob, Settlement
from queuetui.model.worker import WorkerCard, note_worker

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SqlJobStore:
    """The JobStore and SchemaStore halves of the backend."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._retention = Retention.from_settings(database.options.settings)
        self._ruled = RuledLeases()
        self._walk = QueueWalk()

    def enqueue(self, jobs: Sequence[NewJob], connection: Connection | None = None) -> tuple[Enqueued, ...]:
        """Store jobs, all or none."""
        rows = to_rows(jobs)
        if not rows:
            return ()
        if connection is None:
            database = self.database
            at_once = database.writes_at_once and enqueue.is_plain(rows)
            write = database.write_at_once if at_once else partial(database.write, verbatim=True)
            answers = write("enqueueing", lambda session: enqueue.enqueue(session, rows))
            database.announce(enqueue.news(rows, answers))
            return answers
        with translated("enqueueing in the caller's transaction"):
            return enqueue.enqueue(self.database.join(connection), rows)

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Listen for pending jobs."""
        return self.database.listen(hear)

    def register(self, worker: WorkerCard) -> None:
        """Write a worker's registration and first beat."""
        values = {
            "id": worker.id,
            "host": worker.host,
            "pid": worker.pid,
            "version": worker.version,
            "queues": json.dumps(worker.queues),
            "types": json.dumps(worker.types),
            "tags": json.dumps(worker.tags),
            "slots": worker.slots,
            "socket": worker.socket,
        }
        self.database.write(
            "registering the worker",
            lambda session: registrations.register(session, worker.id, values, note_worker(worker)),
        )

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Write a beat."""
        return self._write_at_once("beating", "beat_worker", id=worker_id, rss=rss_bytes, stopping=stopping) > 0

    def retire(self, worker_id: str, note: str = "") -> None:
        """Delete a worker's registration."""
        self.database.write("retiring the worker", lambda session: registrations.retire(session, worker_id, note))

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Return the unpaused queues that have pending jobs."""
        return self.database.read(
            "looking for ready queues", lambda session: upkeep.queues_ready(session, queues, self._walk)
        )

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Open a lease."""
        lease_id = new_lease_id()

        def write(session: Session) -> Lease:
            return leases.open_lease(session, lease_id, worker_id, queue, lease_s)

        return made_anew(lambda: self.database.write_at_once("opening a lease", write), self.migrate)

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong the leases that are still valid."""
        known = [found for found in map(parse_id, lease_ids) if found is not None]
        return self.database.write("renewing leases", lambda session: leases.renew(session, known, lease_s))

    def close_lease(self, lease_id: str) -> int:
        """End a lease and release the jobs still held under it."""
        known = _lease(lease_id)
        return self.database.write(
            "closing a lease", lambda session: leases.close_lease(session, known, self._retention)
        )

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and then claim."""
        request = stepping.read_request(_lease(lease_id), settlements, claim)
        if claim > 0 and request.lease_id in self._ruled:
            return self._step_by_rules(request)
        write = self.database.write_at_once if request.is_one_statement else self.database.write
        done = write("settling and claiming jobs", lambda session: stepping.step(session, request, self._retention))
        if claim < 1 or done.claimed or not done.lease_valid or not self._is_ruled(request.lease_id):
            return done
        more = self._step_by_rules(replace(request, completed=(), others=()))
        return replace(more, accepted=done.accepted)

    def _is_ruled(self, lease_id: UUID) -> bool:
        return self.database.read("looking for rules", lambda session: is_ruled(session, lease_id))

    def _step_by_rules(self, request: stepping.StepRequest) -> Step:
        return self.database.write(
            "settling and claiming jobs by rules",
            lambda session: step_by_rules(session, request, self._retention, self._ruled),
        )

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Write start times and progress."""
        known = _lease(lease_id)
        self.database.write("marking running jobs", lambda session: leases.mark_running(session, known, running))

    def promote(self, limit: int) -> int:
        """Make due jobs pending."""
        return self.database.write_at_once("promoting due jobs", lambda session: upkeep.promote(session, limit))

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free jobs of expired or missing leases."""
        return self.database.write("sweeping leases", lambda session: leases.sweep(session, limit, self._retention))

    def prune(self, limit: int) -> int:
        """Delete records past their retention."""
        pruned = self.database.write("pruning", lambda session: upkeep.prune(session, limit, self._retention))
        if pruned < limit:
            self.database.keep_event_days(self._retention.events_s)
        return pruned

    def next_due_s(self) -> float | None:
        """Return the seconds until the next waiting job is due."""
        return self.database.read("looking for the next due job", upkeep.next_due_s)

    def version(self) -> int | None:
        """Return the schema's version."""
        return upgrade.read_version(self.database)

    def migrate(self) -> tuple[str, ...]:
        """Bring the schema up to date."""
        return upgrade.migrate(self.database)

    def pending(self) -> tuple[str, ...]:
        """Return the names of the migrations still to apply."""
        return upgrade.pending_migrations(self.database)

    def _write_at_once(self, doing: str, block: str, **values: object) -> int:
        return self.database.write_at_once(doing, lambda session: session.change(block, **values))


def _lease(lease_id: str) -> UUID:
    """Return the id of a lease; any other text becomes an id that no store has."""
    return parse_id(lease_id) or UUID(int=0)
