"""One claimed job in a worker's hands."""

from __future__ import annotations

from threading import Event, Lock
from typing import TYPE_CHECKING

from queuetui.engine.context import CancelCause, Context

if TYPE_CHECKING:
    from queuetui.engine.lease import HeldLease
    from queuetui.engine.tasks import Task
    from queuetui.model.job import ClaimedJob


class Run:
    """A claim, from the moment it is held until its ending is written; it ends once, whoever ends it first.

    `told` says whether its start and completion are worth a line of the log each.
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

    def __init__(
        self, job: ClaimedJob, lease: HeldLease, worker_id: str, claimed_s: float = 0.0, *, told: bool = True
    ) -> None:
        self.job = job
        self.lease = lease
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
        """What every log record about this run holds."""
        job, context = self.job, self.context
        return {
            "job_id": job.id,
            "job_type": job.type,
            "queue": job.queue,
            "attempt": context.attempt,
            "correlation_id": context.correlation_id,
            "worker": context.worker_id,
        }

    @property
    def ended(self) -> bool:
        """Whether the ending is decided; anything the handler still says is refused."""
        return self._ended.locked()

    def end(self) -> bool:
        """Decide the ending; False when it was decided before."""
        if not self._ended.acquire(blocking=False):
            return False
        if self.over is not None:
            self.over.set()
        return True

    def await_end(self) -> None:
        """Wait until the ending is decided, by whoever runs it elsewhere."""
        self.over = Event()
        if not self.ended:
            self.over.wait()

    def abandon(self, cause: CancelCause) -> bool:
        """End the run without a word to the store, and ask its handler to stop."""
        was_open = self.end()
        self.context.cancel(cause)
        return was_open

    def close(self) -> None:
        """Take note that nothing more is written about this run: its ending is in the store, refused, or given up."""
        if self.written is not None:
            self.written.set()

    def await_written(self) -> None:
        """Wait until its ending is out of this worker's hands, where somebody asked for that."""
        if self.written is not None:
            self.written.wait()

    def elapsed_s(self, now_s: float) -> float:
        """Return how long the handler has been running, zero before it began."""
        return 0.0 if self.started_s is None else now_s - self.started_s
