"""The state behind the in-memory queue: plain dictionaries, one lock, one clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from queuetui.backends.forks import StoreHandle
from queuetui.backends.native.ending_rules import LOST
from queuetui.backends.native.memory.records import (
    AttemptRecord,
    EventShelf,
    JobRecord,
    KeyRecord,
    LeaseRecord,
    NoteShelf,
    QueueRecord,
    TallyRecord,
    WorkerRecord,
    to_job,
)
from queuetui.backends.native.retention import Retention
from queuetui.model.act import Result
from queuetui.model.job import Job, RunError
from queuetui.model.payload import SummaryPaths
from queuetui.model.schedule import Schedule
from queuetui.model.state import FINAL, State

ACK_LOST = "ack_lost"
Clock = Callable[[], datetime]


def read_clock() -> datetime:
    """Return the time of this host."""
    return datetime.now(UTC)


@dataclass(eq=False)
class MemoryStore(StoreHandle):
    """The data of one named queue, to be used under its `lock`; tests may set its `clock`."""

    clock: Clock = read_clock
    retention: Retention = field(default_factory=Retention)
    lock: threading.RLock = field(default_factory=threading.RLock)
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    leases: dict[str, LeaseRecord] = field(default_factory=dict)
    workers: dict[str, WorkerRecord] = field(default_factory=dict)
    queues: dict[str, QueueRecord] = field(default_factory=dict)
    keys: dict[str, KeyRecord] = field(default_factory=dict)
    attempts: dict[str, dict[int, AttemptRecord]] = field(default_factory=dict)
    tally: dict[tuple[datetime, str], TallyRecord] = field(default_factory=dict)
    acts: dict[tuple[str, str], Result] = field(default_factory=dict)
    cleanings: dict[str, int] = field(default_factory=dict)
    log: EventShelf = field(default_factory=EventShelf)
    notes: NoteShelf = field(default_factory=NoteShelf)
    schedules: dict[str, Schedule] = field(default_factory=dict)
    slots: dict[tuple[str, datetime], datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Register for forks of the process."""
        super().__init__()

    def start_anew(self) -> None:
        """Replace the lock in a forked child, which has a copy that another thread may have held."""
        self.lock = threading.RLock()

    def now(self) -> datetime:
        """Return the time of the store's clock."""
        return self.clock()

    def in_state(self, *states: State) -> Iterator[JobRecord]:
        """Yield the jobs in any of the states."""
        return (record for record in self.jobs.values() if record.state in states)

    def valid_lease(self, lease_id: str | None) -> LeaseRecord | None:
        """Return the lease if it is still valid."""
        lease = self.leases.get(lease_id or "")
        return lease if lease is not None and lease.until > self.now() else None

    def held(self, lease_id: str) -> list[JobRecord]:
        """Return the jobs held under a lease."""
        return [record for record in self.in_state(State.PROCESSING) if record.lease_id == lease_id]

    def is_paused(self, queue: str) -> bool:
        """Tell whether a queue is paused."""
        return self.queues.get(queue, QueueRecord()).paused_at is not None

    def tally_now(self, queue: str) -> TallyRecord:
        """Return the counts of this minute and queue, which callers add to."""
        minute = self.now().replace(second=0, microsecond=0)
        return self.tally.setdefault((minute, queue), TallyRecord())

    def touch(self, record: JobRecord) -> None:
        """Set the version and the time of a write."""
        record.rev += 1
        record.updated_at = self.now()

    def move(self, record: JobRecord, state: State, due_at: datetime | None = None) -> None:
        """Take a job to another state and off its lease.

        A final state sets the end of the job and starts the retention of its idempotency key.
        """
        record.state = state
        record.lease_id = None
        record.claimed_alone = False
        if due_at is not None:
            record.due_at = due_at
        if state in FINAL:
            record.done_at = self.now()
        else:
            record.worker_id = record.claimed_at = record.started_at = record.done_at = record.progress = None
        self._stamp_key(record, live=state not in FINAL)
        self.touch(record)

    def remove(self, record: JobRecord) -> None:
        """Delete a job and its attempts; its key stays until it expires."""
        del self.jobs[record.new.id]
        self.attempts.pop(record.new.id, None)
        self.notes.runs.pop(record.new.id, None)
        self._stamp_key(record, live=False)

    def record_attempt(self, record: JobRecord, outcome: str, error: RunError | None) -> None:
        """Keep how the job's current run ended.

        A recorded lost acknowledgement is kept: it says more than a loss.
        """
        kept = self.attempts.setdefault(record.new.id, {})
        if record.fence not in kept:
            kept[record.fence] = AttemptRecord(outcome, error, record.worker_id, record.started_at, self.now())

    def record_ack_lost(self, job_id: str, fence: int, error: RunError | None) -> None:
        """Keep that an ending came too late.

        A recorded loss of the same run is replaced, any other attempt is kept.
        """
        record = self.jobs.get(job_id)
        if record is None or not 0 < fence <= record.fence:
            return
        kept = self.attempts.setdefault(job_id, {})
        before = kept.get(fence)
        if before is not None and before.outcome == LOST:
            kept[fence] = replace(before, outcome=ACK_LOST, error=error)
        elif before is None and not (record.state in FINAL and record.fence == fence):
            kept[fence] = AttemptRecord(ACK_LOST, error, record.worker_id, None, self.now())

    def read_job(self, record: JobRecord, backend: str, summaries: SummaryPaths) -> Job:
        """Return the job that a record holds."""
        lease = self.leases.get(record.lease_id or "")
        return to_job(record, backend, None if lease is None else lease.until, summaries)

    def free_key(self, record: JobRecord) -> None:
        """Release the idempotency key of a job."""
        name = record.new.idempotency_key
        if name is not None and name in self.keys and self.keys[name].job_id == record.new.id:
            del self.keys[name]

    def _stamp_key(self, record: JobRecord, *, live: bool) -> None:
        key = None if record.new.idempotency_key is None else self.keys.get(record.new.idempotency_key)
        if key is None or key.job_id != record.new.id:
            return
        if live:
            key.expires_at = None
        elif key.expires_at is None:
            key.expires_at = self.now() + timedelta(seconds=self.retention.keys_s)
