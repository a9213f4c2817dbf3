"""A job as it is shown, as a client enqueues it and as a worker holds it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from queuetui.model.act import JobRef
from queuetui.model.state import State
from queuetui.model.text import Untrusted

PAYLOAD_HEAD_CHARS = 2048
# The remark on a job whose stored state is none that its product has.
UNKNOWN_STATE = "its row is in no state that is known here, so nothing can be done to it"
# The remark on a job of which the store keeps only the end.
RECORD_ONLY = "only its record in the log is left, so it cannot be run again"
PRIORITY_NAMES = {"low": -10, "normal": 0, "high": 10, "critical": 20}


@dataclass(frozen=True, slots=True)
class JobError:
    """The last error of a job."""

    class_name: Untrusted
    message: Untrusted
    traceback: Untrusted


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was read; None is unknown or absent, never zero.

    On a page `payload` holds at most PAYLOAD_HEAD_CHARS and `payload_whole` tells whether that is all; `get` gives all.
    `scheduled_at` is when it is or was due; `expired_at` is the deadline of a job that is past it: a worker that takes it fails
    it without running it, whatever its attempts. `waits_for` are the ids of jobs that must end first.
    `context` is what it inherits from whoever enqueued it (model/inheritance.py).
    `remarks` are the backend's own words about this row.
    """

    ref: JobRef
    type: Untrusted
    queue: Untrusted
    state: State
    payload: Untrusted
    payload_whole: bool = True
    name: Untrusted | None = None
    data: Untrusted | None = None
    priority: int | None = None
    attempts: int | None = 0
    max_attempts: int | None = None
    lost: int = 0
    error: JobError | None = None
    result: Untrusted | None = None
    progress: Untrusted | None = None
    worker: Untrusted | None = None
    correlation_id: Untrusted | None = None
    idempotency_key: Untrusted | None = None
    tags: tuple[Untrusted, ...] = ()
    needs: tuple[Untrusted, ...] = ()
    context: Untrusted | None = None
    created_at: datetime | None = None
    scheduled_at: datetime | None = None
    claimed_at: datetime | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    updated_at: datetime | None = None
    cancel_requested_at: datetime | None = None
    lease_until: datetime | None = None
    expired_at: datetime | None = None
    waits_for: tuple[Untrusted, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def id(self) -> Untrusted:
        """The id, for showing; identity is `ref.id`."""
        return Untrusted(self.ref.id)

    @property
    def is_used_up(self) -> bool:
        """Whether all allowed attempts were begun."""
        if self.attempts is None or self.max_attempts is None:
            return False
        return self.attempts >= self.max_attempts > 0


def shorten(job: Job) -> Job:
    """Return the job with its payload cut to the length that pages carry."""
    text = job.payload.raw
    if len(text) <= PAYLOAD_HEAD_CHARS:
        return job
    return replace(job, payload=Untrusted(text[:PAYLOAD_HEAD_CHARS]), payload_whole=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One ended run that is worth keeping: failures, losses and lost acknowledgements."""

    fence: int
    outcome: str
    error: JobError | None
    worker: Untrusted | None
    started_at: datetime | None
    ended_at: datetime | None


class NewJob(NamedTuple):
    """A job to enqueue; `id` is client-made so that an unknown answer can be sent again.

    `payload` is JSON in UTF-8 and stays opaque. `delay_s` counts from the store's clock, `at` is absolute; both unset means due now.
    `context` is what it inherits (model/inheritance.py).
    """

    id: str
    type: str
    payload: bytes
    queue: str = "default"
    name: str | None = None
    priority: int = 0
    delay_s: float | None = None
    at: datetime | None = None
    max_attempts: int = 3
    idempotency_key: str | None = None
    correlation_id: str | None = None
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    timeout_s: float | None = None
    context: str | None = None


class Enqueued(NamedTuple):
    """The answer to one NewJob: `created` False means that the key or id already belongs to job `id`.

    `state` is None when that job has been pruned and only its key is left.
    """

    id: str
    created: bool
    state: State | None


class ClaimedJob(NamedTuple):
    """A job in a worker's hands; `attempts` counts the runs that ended before this one."""

    id: str
    fence: int
    type: str
    queue: str
    payload: bytes
    name: str | None
    priority: int
    attempts: int
    max_attempts: int
    lost: int
    correlation_id: str | None
    tags: tuple[str, ...]
    timeout_s: float | None
    created_at: datetime
    scheduled_at: datetime
    cancel_requested: bool = False
    context: str | None = None


class Ending(StrEnum):
    """How a run ended, said by the worker that ran it."""

    COMPLETED = "completed"
    RETRY = "retry"
    FAILED = "failed"
    SNOOZED = "snoozed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class RunError:
    """An error of a run in plain text, from our own process."""

    class_name: str
    message: str
    traceback: str = ""


class Settlement(NamedTuple):
    """The end of one run, guarded by lease and fence.

    COMPLETED, RETRY and FAILED count an attempt; SNOOZED and RELEASED do not. RETRY and SNOOZED are due after `delay_s`, or at `at`.
    LOST is a run whose process died under it: counted as a sweep counts it, quarantine included; `error` is kept on the attempt alone.
    `duration_s` is the run's length by the worker's own steady clock, None when the handler never began (RELEASED, or SNOOZED by a
    worker that has no handler of the type, which says so in `error`).
    """

    job_id: str
    fence: int
    type: str
    ending: Ending
    duration_s: float | None = None
    result: bytes | None = None
    error: RunError | None = None
    delay_s: float = 0.0
    at: datetime | None = None

    @property
    def is_given_back(self) -> bool:
        """Whether the job goes back as it came: no handler of it was called."""
        return self.ending is Ending.RELEASED or (self.ending is Ending.SNOOZED and self.duration_s is None)
