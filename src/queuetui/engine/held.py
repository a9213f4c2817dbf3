"""The leases that a worker holds, the runs under them, and the endings that wait to be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, NamedTuple

from queuetui.engine.context import CancelCause, Context

if TYPE_CHECKING:
    from queuetui.engine.tasks import Task
    from queuetui.model.job import ClaimedJob, Settlement


class Run:
    """A claimed job, from the claim until its ending is written; it ends once, whoever ends it first.

    `told` says whether its start and completion are logged, with a line each. `lease` is set by the lease that
    holds the run; in a child process a run has none.
    """

    __slots__ = (
        "_ended",
        "claimed_s",
        "context",
        "job",
        "lease",
        "marked",
        "over",
        "started_s",
        "task",
        "timeout_s",
        "told",
        "written",
    )
    lease: HeldLease

    def __init__(self, job: ClaimedJob, worker_id: str, claimed_s: float = 0.0, *, told: bool = True) -> None:
        self.job = job
        self.context = Context(job, worker_id)
        self.claimed_s = claimed_s
        self.told = told
        self.started_s: float | None = None
        self.timeout_s: float | None = None
        self.task: Task | None = None
        self.marked: str | None = None
        self.written: Event | None = None
        self.over: Event | None = None
        self._ended = Lock()
        if job.cancel_requested:
            self.context.cancel(CancelCause.PERSON)

    @property
    def facts(self) -> dict[str, object]:
        """The ids that every log record about this run carries."""
        job, context = self.job, self.context
        return {
            "job_id": job.id,
            "job_type": job.type,
            "queue": job.queue,
            "attempt": context.attempt,
            "correlation_id": context.correlation_id,
            "worker": context.worker_id,
            **context.bound,
        }

    @property
    def bound(self) -> Mapping[str, object]:
        """The fields that the handler bound to its run."""
        return self.context.bound

    @property
    def ended(self) -> bool:
        """Whether the ending is decided; a later result of the handler is refused."""
        return self._ended.locked()

    def end(self) -> bool:
        """Claim the right to decide the ending; False when it was decided before."""
        if not self._ended.acquire(blocking=False):
            return False
        if self.over is not None:
            self.over.set()
        return True

    def await_end(self) -> None:
        """Wait until the ending is decided by the executor that the run was handed to."""
        self.over = Event()
        if not self.ended:
            self.over.wait()

    def abandon(self, cause: CancelCause) -> bool:
        """End the run without writing an ending, and ask its handler to stop."""
        was_open = self.end()
        self.context.cancel(cause)
        return was_open

    def close(self) -> None:
        """Mark the run as closed: its ending is stored, refused or given up, and nothing more is written."""
        if self.written is not None:
            self.written.set()

    def await_written(self) -> None:
        """Wait until the run is closed, if `written` asks for that."""
        if self.written is not None:
            self.written.wait()

    def elapsed_s(self, now_s: float) -> float:
        """Return how long the handler has been running, zero before it began."""
        return 0.0 if self.started_s is None else now_s - self.started_s


class RunEnding(NamedTuple):
    """The ending of a run, on its way to the store."""

    run: Run
    settlement: Settlement


@dataclass(eq=False, slots=True)
class HeldLease:
    """A lease that the worker holds.

    `renewed_s` is when the last completed renewal was sent. `closing`: nothing more is claimed under it, and it is closed when
    its last run has ended, because the store may hold jobs under it whose answer was lost. `lost` says why it has ended;
    once `forgotten` nothing is written under it any more.
    """

    id: str
    queue: str
    renewed_s: float
    runs: set[Run] = field(default_factory=set)
    endings: list[RunEnding] = field(default_factory=list)
    closing: bool = False
    lost: str | None = None
    forgotten: bool = False
    used_s: float = 0.0

    @property
    def idle(self) -> bool:
        """Whether it has no runs and no endings to write."""
        return not self.runs and not self.endings

    def hold(self, runs: Collection[Run]) -> None:
        """Add newly claimed runs."""
        for run in runs:
            run.lease = self
        self.runs.update(runs)

    def lose(self, why: str) -> int:
        """Mark the lease as lost, ask its runs to stop and refuse their results; return how many."""
        if self.lost is not None:
            return 0
        self.lost = why
        return sum(run.abandon(CancelCause.LEASE_LOST) for run in tuple(self.runs))
