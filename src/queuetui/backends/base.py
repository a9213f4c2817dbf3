"""The contract of every backend: one protocol each for the console, the operator and the worker.

Backends are synchronous and safe to call from several threads. Every method may raise Unreachable, Denied or Unsupported;
no backend lets a driver's error through. All times are by the store's clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from queuetui.model.duration import parse_duration_s
from queuetui.model.errors import BadConfig
from queuetui.model.limits import Limits
from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.model.act import Act, Result, Target
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.identity import Identity
    from queuetui.model.job import Attempt, ClaimedJob, Enqueued, Job, NewJob, Settlement
    from queuetui.model.job_view import JobView
    from queuetui.model.payload import SummaryPaths
    from queuetui.model.query import Query
    from queuetui.model.snapshot import Snapshot, Watch
    from queuetui.model.worker import WorkerCard

COUNT_CAP = 10_000


@dataclass(frozen=True, slots=True)
class BackendOptions:
    """The options of a connection, as a profile sets them.

    `kind` picks one backend where a store holds several ("native", "laravel"); `create` lets the embedded file and schema be made;
    `statement_timeout_s` bounds console reads; `settings` are the backend's own (`laravel.connections`, `laravel.jobs_table` ...).
    `now` fixes the clock that captures are judged by (foreign backends, tests).
    """

    name: str = ""
    kind: str | None = None
    create: bool = False
    limits: Limits = field(default_factory=Limits)
    summaries: SummaryPaths = field(default_factory=dict)
    statement_timeout_s: float = 5.0
    connect_timeout_s: float = 5.0
    settings: Mapping[str, str] = field(default_factory=dict)
    now: datetime | None = None

    def read_span_s(self, name: str, default_s: float) -> float:
        """Return the seconds of a setting that is a duration; raises BadConfig."""
        written = self.settings.get(name)
        try:
            return default_s if written is None else parse_duration_s(written)
        except ValueError as error:
            raise BadConfig(f"the setting {name} cannot be used: {error}", f"settings.{name}") from None


class Inspector(Protocol):
    """The reads of a console: they write nothing and take no lock that could block a worker."""

    @property
    def capabilities(self) -> Capabilities:
        """The verbs and features that this backend supports."""
        ...

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all parts that `watch` asks for in one short read; a part that fails is named in `problems`."""
        ...

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page by keyset, never by OFFSET."""
        ...

    def get(self, job_id: str) -> Job:
        """Return one job with its payload and result; raises NotFound."""
        ...

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with all that explains its state, read at one moment, and at most `events` events.

        A store that keeps its log elsewhere leaves the events out. Raises NotFound.
        """
        ...

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of a few hundred jobs that exist, in the order asked for, read at one moment."""
        ...

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Search, newest first and for a bounded time, for jobs whose id is or ends in `suffix`.

        At most `limit` jobs are returned; `after` continues from where an earlier search stopped.
        """
        ...

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job, oldest first; empty where none are kept."""
        ...

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how the store answers each term of a filter: by an index, or by reading rows."""
        ...

    def identity(self) -> Identity:
        """Return what distinguishes this queue from another one at the same address."""
        ...


class Operator(Protocol):
    """The changes that a person may make; only `operate` is handed this role."""

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Apply RETRY, CANCEL, DELETE or RELEASE to each target; return one Result per target, in order.

        Each job is changed only if it is still as its target describes it (compare and set).

        RETRY: retrying, scheduled and final jobs become pending (due now; attempts start again, `fence` and `lost` stay).
        CANCEL: waiting jobs become cancelled, a processing one gets `cancel_requested`. DELETE: any job that is not processing
        (a foreign backend may allow a stuck one). RELEASE: a processing job whose lease has expired goes back to pending.
        """
        ...

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events; the id of the result's ref is the queue's name."""
        ...

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of workers whose last beat is older than `silent_s`; return how many."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to hold jobs of one queue until a time of the store's clock."""

    id: str
    queue: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """The answer to one step.

    `accepted` are the jobs whose ending was written; the others were STALE: nothing was changed and an `ack_lost` attempt was recorded.
    `lease_valid` is False when the lease has expired: nothing was claimed, and the worker must open another lease.
    `again_s`: rules keep jobs back; claim again after so many seconds (infinite: when a job ends). None: no job was kept back.
    `problem`: why the rest of the queue cannot be claimed until a person repairs it.
    """

    accepted: frozenset[str]
    claimed: tuple[ClaimedJob, ...]
    lease_valid: bool = True
    again_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The answer to a renewal: the leases that were prolonged, and the held jobs with a cancel request."""

    valid: frozenset[str]
    cancels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Running:
    """A job at work: how long it has been running by the worker's clock, and its last progress report."""

    job_id: str
    fence: int
    running_s: float
    progress: str | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """A job taken from an expired lease; `failed`: this was its third loss alone, so it is quarantined."""

    job_id: str
    type: str
    queue: str
    worker: str
    failed: bool


class Listener(Protocol):
    """A subscription to hints about new jobs.

    A worker registers `address` where clients send the hints themselves; None where the server delivers them.
    """

    @property
    def address(self) -> str | None:
        """Where clients send hints."""
        ...

    def close(self) -> None:
        """End the subscription."""
        ...


class JobStore(Protocol):
    """The store of jobs, as workers and clients use it.

    Every write about a run is one transaction, and takes effect only under a valid lease and with the job's current fence.
    """

    def enqueue(self, jobs: Sequence[NewJob], connection: Connection | None = None) -> tuple[Enqueued, ...]:
        """Store all jobs or none; for an id or idempotency key that exists, return the existing job.

        With `connection` the jobs are written in the caller's transaction.
        """
        ...

    def register(self, worker: WorkerCard) -> None:
        """Write a worker's registration and first beat."""
        ...

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Write a beat; return False when the registration was deleted and the worker must register again."""
        ...

    def retire(self, worker_id: str, note: str = "") -> None:
        """Delete the registration of a worker without open leases; `note` is logged (`note_worker`)."""
        ...

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Return the unpaused queues that have pending jobs, in the order given; in any order for None."""
        ...

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Open a lease."""
        ...

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong the leases that are still valid to `lease_s` from now; an expired one is never revived."""
        ...

    def close_lease(self, lease_id: str) -> int:
        """Close a lease and release its jobs without counting an attempt; return how many were released."""
        ...

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and then claim at most `claim` jobs of the lease's queue, in one transaction.

        A RETRY, SNOOZED, RELEASED or LOST job with a cancel request becomes cancelled. Claim order: priority desc, due time, id.
        """
        ...

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Write start times and progress of jobs that have run for a while; stale runs are skipped."""
        ...

    def promote(self, limit: int) -> int:
        """Make due scheduled and retrying jobs pending; return how many."""
        ...

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Take jobs from expired or missing leases: they become pending, or failed at the third loss alone."""
        ...

    def prune(self, limit: int) -> int:
        """Delete a small batch of final jobs, keys and tally rows past their retention; return how many."""
        ...

    def next_due_s(self) -> float | None:
        """Return the seconds until the next scheduled or retrying job is due, None when there is none."""
        ...

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Call `hear` with a queue's name when jobs of it become pending, from a thread of the backend's own.

        The calls are hints: some may be missing and some false, so polling continues. None where the store cannot notify.
        """
        ...


class SchemaStore(Protocol):
    """The version of a native schema."""

    def version(self) -> int | None:
        """Return the schema's version, None when there is none."""
        ...

    def migrate(self) -> tuple[str, ...]:
        """Apply the pending migrations and return their names; raises SchemaTooNew."""
        ...

    def pending(self) -> tuple[str, ...]:
        """Return the names of the migrations still to apply; raises SchemaTooNew."""
        ...


def iterate(inspector: Inspector, query: Query, limits: Limits, page_size: int = 500) -> Iterator[Job]:
    """Yield every job that matches, page by page."""
    cursor: str | None = None
    while True:
        page = inspector.page(PageRequest(query, page_size, cursor), limits)
        yield from page.jobs
        if not page.has_more or page.last is None:
            return
        cursor = page.last
