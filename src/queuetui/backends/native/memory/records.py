"""The records of the in-memory store, and how a job's record becomes a `Job`."""

from __future__ import annotations

import base64
import json
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.backends.native.claim_limits import Starts
from queuetui.model.act import JobRef
from queuetui.model.claim_rules import ClaimRules
from queuetui.model.clock import to_text
from queuetui.model.job import Job, JobError, RunError
from queuetui.model.payload import SummaryPaths, summarise_json
from queuetui.model.state import State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.model.event import Event
    from queuetui.model.job import NewJob
    from queuetui.model.run_notes import NotedRun
    from queuetui.model.worker import WorkerCard
# The key of a sum of usage: queue, type, name of the counter.
UsagePlace = tuple[str, str, str]
MOST_EVENTS_KEPT = 50_000


@dataclass(slots=True)
class JobRecord:
    """One stored job, live or done; `claimed_alone` tells that no other job was claimed in the same step."""

    new: NewJob
    state: State
    due_at: datetime
    created_at: datetime
    updated_at: datetime
    rev: int = 1
    fence: int = 0
    attempts: int = 0
    lost: int = 0
    lost_alone: int = 0
    claimed_alone: bool = False
    lease_id: str | None = None
    worker_id: str | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    done_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    error: RunError | None = None
    result: bytes | None = None
    progress: str | None = None


@dataclass(slots=True)
class LeaseRecord:
    """One lease of a worker on a queue."""

    id: str
    worker_id: str
    queue: str
    until: datetime


@dataclass(slots=True)
class WorkerRecord:
    """One registered worker."""

    card: WorkerCard
    started_at: datetime
    beat_at: datetime
    rss_bytes: int | None = None
    stopping: bool = False


@dataclass(slots=True)
class QueueRecord:
    """The state of a queue beside its jobs."""

    paused_at: datetime | None = None
    paused_by: str | None = None
    rules: ClaimRules = field(default_factory=ClaimRules)
    starts: Starts = field(default_factory=dict)
    events: bool | None = None


@dataclass(slots=True)
class KeyRecord:
    """The job an idempotency key belongs to; `expires_at` None while that job is live."""

    job_id: str
    expires_at: datetime | None = None


@dataclass(slots=True)
class AttemptRecord:
    """One kept attempt."""

    outcome: str
    error: RunError | None
    worker_id: str | None
    started_at: datetime | None
    ended_at: datetime


@dataclass(slots=True)
class TallyRecord:
    """The counts of one queue in one minute."""

    enqueued: int = 0
    started: int = 0
    completed: int = 0
    failed: int = 0
    retried: int = 0
    lost: int = 0
    busy_s: float = 0.0
    runs: int = 0


@dataclass
class EventShelf:
    """The newest entries; older ones fall off the end."""

    entries: deque[Event] = field(default_factory=lambda: deque(maxlen=MOST_EVENTS_KEPT))
    last: int = 0

    def next_cursor(self) -> str:
        """Return the place of the next entry."""
        self.last += 1
        return str(self.last)


@dataclass
class NoteShelf:
    """Notes by job and fence, sums by minute, and when results end."""

    runs: dict[str, dict[int, NotedRun]] = field(default_factory=dict)
    usage: dict[datetime, dict[UsagePlace, float]] = field(default_factory=dict)
    results: dict[tuple[str, int], datetime] = field(default_factory=dict)


def to_job(record: JobRecord, backend: str, lease_until: datetime | None, summaries: SummaryPaths) -> Job:
    """Return the job of a record, with all its values."""
    new = record.new
    payload = new.payload.decode("utf-8", "replace")
    return Job(
        ref=JobRef(backend, new.id, str(record.rev)),
        type=Untrusted(new.type),
        queue=Untrusted(new.queue),
        state=record.state,
        payload=Untrusted(payload),
        name=_untrusted(new.name),
        data=summarise_json(new.type, payload, summaries),
        priority=new.priority,
        attempts=record.attempts,
        max_attempts=new.max_attempts,
        lost=record.lost,
        error=to_job_error(record.error),
        result=None if record.result is None else Untrusted(record.result.decode("utf-8", "replace")),
        progress=_untrusted(record.progress),
        worker=_untrusted(record.worker_id),
        correlation_id=_untrusted(new.correlation_id),
        idempotency_key=_untrusted(new.idempotency_key),
        tags=tuple(Untrusted(tag) for tag in new.tags),
        needs=tuple(Untrusted(tag) for tag in new.needs),
        context=_untrusted(new.context),
        created_at=record.created_at,
        scheduled_at=record.due_at,
        claimed_at=record.claimed_at,
        started_at=record.started_at,
        completed_at=record.done_at,
        updated_at=record.updated_at,
        cancel_requested_at=record.cancel_requested_at,
        lease_until=lease_until,
    )


def to_job_error(error: RunError | None) -> JobError | None:
    """Return an error as it is shown."""
    if error is None:
        return None
    return JobError(Untrusted(error.class_name), Untrusted(error.message), Untrusted(error.traceback))


def describe_before(record: JobRecord) -> str:
    """Return JSON from which a record can be restored."""
    return json.dumps(asdict(record), default=_to_json)


def _to_json(value: object) -> str:
    if isinstance(value, datetime):
        return to_text(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    message = f"a record holds a {type(value).__name__}, which JSON cannot"
    raise TypeError(message)


def _untrusted(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)
