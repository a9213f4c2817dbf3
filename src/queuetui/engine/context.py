"""The context object of a run, by which its handler reads about the run and reports on it."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from time import monotonic

from queuetui.engine.log_fields import plain_fields
from queuetui.engine.notes import Notes
from queuetui.engine.outcome import Cancelled
from queuetui.model.inheritance import read_inheritance
from queuetui.model.job import ClaimedJob
from queuetui.model.names import shown

JOB_LOGGER = logging.getLogger("queuetui.job")
NOTE_CAP_CHARS = 500
MOST_BOUND = 20
_NOTHING: dict[str, object] = {}
# Values of these types cannot change after they are bound.
_UNCHANGING = frozenset({str, int, float, bool, type(None)})
# One lock for all runs: it is held only for a moment when a run is to end, and a lock per run would cost every run.
_ENDING = threading.Lock()


class CancelCause(StrEnum):
    """Why a run should end."""

    PERSON = "a person asked"
    TIMEOUT = "its time is over"
    LEASE_LOST = "its lease is over"
    SHUTDOWN = "the worker stops"


class Context:
    """One run of one job, as its handler sees it; safe to use from any thread.

    If `cancelled()` has returned true, the run ends as cancelled, whatever the handler returns. Threads cannot be stopped from
    outside, so a long handler should call `cancelled()` between steps. After a timeout or a lost lease the result is refused.
    """

    __slots__ = (
        "_bound",
        "_cancel_cause",
        "_inherited",
        "_notes",
        "_noticed",
        "_on_cancel",
        "_plain",
        "_progress",
        "correlation_id",
        "job",
        "worker_id",
    )

    log = JOB_LOGGER
    # Both are read in every run; `attrgetter` runs in C, which saves the call of a Python function.
    cancel_cause: CancelCause | None = property(  # type: ignore[assignment]  # what it gives, not what it is
        attrgetter("_cancel_cause"), doc="Why this run should end, None while it should not."
    )
    notes: Notes | None = property(  # type: ignore[assignment]  # what it gives, not what it is
        attrgetter("_notes"), doc="What the run tells beside its ending; most tell nothing."
    )

    def __init__(self, job: ClaimedJob, worker_id: str) -> None:
        self.job = job
        self.worker_id = worker_id
        self.correlation_id = job.correlation_id or job.id
        self._cancel_cause: CancelCause | None = None
        self._noticed = False
        self._progress: str | None = None
        self._notes: Notes | None = None
        self._inherited = _NOTHING if job.context is None else dict(plain_fields(read_inheritance(job.context).fields))
        self._bound: dict[str, object] = self._inherited
        self._plain = (self._inherited, self._inherited)
        self._on_cancel: Callable[[], object] | None = None

    @property
    def job_id(self) -> str:
        """The job's id."""
        return self.job.id

    @property
    def attempt(self) -> int:
        """Which attempt this is, from 1."""
        return self.job.attempts + 1

    @property
    def is_last_attempt(self) -> bool:
        """Whether a failure now is final."""
        return self.attempt >= self.job.max_attempts

    @property
    def fence(self) -> int:
        """A number that grows with every run of this job, by which other systems can refuse an older run."""
        return self.job.fence

    @property
    def scheduled_at(self) -> datetime:
        """When the job was due."""
        return self.job.scheduled_at

    def cancelled(self) -> bool:
        """Tell whether this run should end now."""
        if self._cancel_cause is None:
            return False
        self._noticed = True
        return True

    def raise_if_cancelled(self) -> None:
        """End the run here if it should end; raises Cancelled."""
        if self.cancelled():
            raise Cancelled(self.cancel_cause)

    @property
    def gave_way(self) -> bool:
        """Whether the handler has noticed a person's cancel request."""
        return self._noticed and self.cancel_cause is CancelCause.PERSON

    def progress(self, fraction: float, note: str = "") -> None:
        """Report the fraction that is done, from 0 to 1, with a note; raises TypeError or ValueError.

        It is stored about once a second.
        """
        if not isinstance(note, str):
            raise TypeError(f"the note is {shown(note)}; give a text")
        done = min(1.0, max(0.0, float(fraction)))
        told: dict[str, object] = {"fraction": round(done, 4)}
        if note:
            told["note"] = note[:NOTE_CAP_CHARS]
        self._progress = json.dumps(told)

    def count(self, name: str, amount: float = 1) -> None:
        """Add to a counter of this run, such as tokens used; raises TypeError or ValueError.

        The counter is kept with the job, and summed by queue and type.
        """
        self.noted().count(name, amount)

    def bind(self, **fields: object) -> None:
        """Add fields to every record that this run logs from here on.

        A later value of a name replaces an earlier one.

        Jobs that the run enqueues afterwards inherit them, up to a limit of size (model/inheritance.py).
        They are kept as texts, numbers, booleans or None. Raises ValueError for more than MOST_BOUND names.
        """
        # Most runs neither log nor enqueue, so values that cannot change are converted only when they are read.
        for value in fields.values():
            if type(value) not in _UNCHANGING:
                fields = dict(plain_fields(fields))
                break
        held = self._bound
        bound = {**held, **fields} if held else fields
        if len(bound) > MOST_BOUND and (own := len(bound.keys() - self._inherited.keys())) > MOST_BOUND:
            message = f"{own} fields would be bound to this run and {MOST_BOUND} may be; bind fewer names"
            raise ValueError(message)
        self._bound = bound

    @property
    def bound(self) -> Mapping[str, object]:
        """The fields that are bound to this run, and those that it inherited."""
        bound = self._bound
        made_of, plain = self._plain
        if made_of is not bound:
            plain = dict(plain_fields(bound))
            self._plain = bound, plain
        return plain

    @property
    def has_bound(self) -> bool:
        """Whether the run has bound fields itself."""
        return self._bound is not self._inherited

    def take_bound(self, fields: Mapping[str, object]) -> None:
        """Take over what the handler bound in another process."""
        self._bound = dict(fields)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Measure a part of the run and log how long it took, also where it raises."""
        began_s = monotonic()
        try:
            yield
        finally:
            took_s = round(monotonic() - began_s, 6)
            JOB_LOGGER.info("%s took %.3f s", name, took_s, extra={"timing": name, "duration_s": took_s})

    def noted(self) -> Notes:
        """Return the notes of this run, made when first asked for."""
        if self._notes is None:
            with _ENDING:
                if self._notes is None:
                    self._notes = Notes()
        return self._notes

    @property
    def reported_progress(self) -> str | None:
        """The last report as JSON."""
        return self._progress

    def take_progress(self, progress: str) -> None:
        """Take over what the handler reported in another process."""
        self._progress = progress

    def cancel(self, cause: CancelCause) -> None:
        """Ask the handler to end; the first cause stays, but a final one replaces a person's request."""
        with _ENDING:
            if self._cancel_cause is None or self._cancel_cause is CancelCause.PERSON:
                self._cancel_cause = cause
            on_cancel = self._on_cancel
        if on_cancel is not None:
            # The caller goes on to end other runs, whatever this function raises.
            with suppress(Exception):
                on_cancel()

    def on_cancel(self, act: Callable[[], object]) -> None:
        """Set a function that ends this run from outside; it is called at once if the run should end already."""
        with _ENDING:
            self._on_cancel = act
            due = self._cancel_cause is not None
        if due:
            act()
