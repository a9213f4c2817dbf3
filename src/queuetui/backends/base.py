"""The contract of every backend, split by who uses it.

Backends are synchronous and safe to call from several threads. Every method may raise Unreachable, Denied or Unsupported;
no driver error crosses this line. All times are by the store's clock.
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
    """What a profile says of a connection.

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
    """What a console reads, without a write and without a lock that anybody could wait for."""

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        ...

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for in one short read; a part that fails alone is named in `problems`."""
        ...

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page by keyset, never by OFFSET."""
        ...

    def get(self, job_id: str) -> Job:
        """Return one job whole; raises NotFound."""
        ...

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with all that it is explained by, read at one moment, with at most so many events.

        A store that keeps its log elsewhere leaves the events out. Raises NotFound.
        """
        ...

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return those of some hundred jobs that are there, in the order asked for, read at one moment."""
        ...

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Look, newest first and for a bounded time, for the jobs whose id is or ends in `suffix`.

        At most `limit` of them; `after` goes on where another search had come to.
        """
        ...

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job, oldest first; empty where none are kept."""
        ...

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        ...

    def identity(self) -> Identity:
        """Return what tells this queue from another one behind the same address."""
        ...


class Operator(Protocol):
    """What a person may change, handed to `operate` alone."""

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Do RETRY, CANCEL, DELETE or RELEASE to each target; one Result a target, in order.

        Each is compared and set at the moment of the write.

        RETRY: retrying, scheduled and final jobs become pending (due now; attempts start again, `fence` and `lost` stay).
        CANCEL: waiting jobs become cancelled, a processing one gets `cancel_requested`. DELETE: any job that is not processing
        (a foreign backend may allow a stuck one). RELEASE: a processing job whose lease is over goes back to pending.
        """
        ...

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """PAUSE or RESUME a queue, or switch its events; the ref's id is the queue's name."""
        ...

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of workers silent for longer; return how many."""
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
    `lease_valid` False: the lease is over, nothing was claimed, open another.
    `again_s`: rules keep jobs back, ask again in so many seconds (infinite: when something ends); None: none was kept back.
    `problem`: why the rest of the queue is left alone until a person mends it.
    """

    accepted: frozenset[str]
    claimed: tuple[ClaimedJob, ...]
    lease_valid: bool = True
    again_s: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The leases that were still valid and are prolonged, and the held jobs that a person asked to cancel."""

    valid: frozenset[str]
    cancels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs right now: since how long by the worker's clock, and what its handler last reported."""

    job_id: str
    fence: int
    running_s: float
    progress: str | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """A job taken from an expired lease; `failed`: it was its third loss alone, and it is quarantined."""

    job_id: str
    type: str
    queue: str
    worker: str
    failed: bool


class Listener(Protocol):
    """A subscription to new jobs.

    `address` is what the worker registers so that clients find it, None where they need not.
    """

    @property
    def address(self) -> str | None:
        """Where clients ring."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


class JobStore(Protocol):
    """What a worker and a client use.

    Every write of a run is one transaction, guarded by a live lease and the job's fence.
    """

    def enqueue(self, jobs: Sequence[NewJob], connection: Connection | None = None) -> tuple[Enqueued, ...]:
        """Store jobs, all or none; an id or idempotency key that exists answers with its job.

        `connection` joins the caller's transaction.
        """
        ...

    def register(self, worker: WorkerCard) -> None:
        """Write a worker's registration and first beat."""
        ...

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Write a beat; False when the registration is gone (cleaned): register again."""
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
        """Let the leases that are still valid end `lease_s` from now; an expired one is never revived."""
        ...

    def close_lease(self, lease_id: str) -> int:
        """End a lease and release the jobs still held under it, uncounted; return how many."""
        ...

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and then claim at most `claim` jobs of the lease's queue, in one transaction.

        A RETRY, SNOOZED, RELEASED or LOST job with a cancel request becomes cancelled. Claim order: priority desc, due time, id.
        """
        ...

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Write start times and progress of jobs that run longer than a moment; stale ones are passed over."""
        ...

    def promote(self, limit: int) -> int:
        """Make due scheduled and retrying jobs pending; return how many."""
        ...

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free jobs of expired or missing leases: pending again, or failed at the third loss alone."""
        ...

    def prune(self, limit: int) -> int:
        """Delete what is past its time (final jobs, keys, tally rows) in one small bite; return how many."""
        ...

    def next_due_s(self) -> float | None:
        """Return the seconds until the next scheduled or retrying job is due, None when there is none."""
        ...

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Call `hear` with a queue's name when jobs of it become pending, from a thread of the backend's own.

        Hints, of which some may be missing and some false: polling goes on behind them. None where there is no way to hear.
        """
        ...


class SchemaStore(Protocol):
    """The version of a native schema."""

    def version(self) -> int | None:
        """Return the schema's version, None when there is none."""
        ...

    def migrate(self) -> tuple[str, ...]:
        """Bring the schema up to date and return what was applied by name; raises SchemaTooNew."""
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
