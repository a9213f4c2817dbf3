"""Acts of people on jobs, and the result for each target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import uuid4

from queuetui.model.state import State


class Verb(StrEnum):
    """The verbs of acts.

    PAUSE, RESUME, LIMIT and events apply to queues, CLEAN to workers, UPKEEP to rows that are no jobs; PAUSE and RESUME also to schedules.
    """

    RETRY = "retry"
    CANCEL = "cancel"
    DELETE = "delete"
    RELEASE = "release"
    PAUSE = "pause"
    RESUME = "resume"
    CLEAN = "clean"
    EVENTS_ON = "events on"
    EVENTS_OFF = "events off"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    RUN = "run"
    LIMIT = "limit"
    UPKEEP = "upkeep"
    RUN_NOW = "run now"
    MOVE = "move"
    EDIT = "edit"
    REPRIORITISE = "reprioritise"
    CLONE = "clone"
    RESTORE = "restore"
    UNDO = "undo"


# The option for the deadline of a retried job that has expired: `KEEP`, `NO_DEADLINE`, or seconds from now in digits.
RETRY_UNTIL = "retry_until"
KEEP = "keep"
NO_DEADLINE = "none"

QUEUE_VERBS = frozenset({Verb.PAUSE, Verb.RESUME, Verb.EVENTS_ON, Verb.EVENTS_OFF})


class Outcome(StrEnum):
    """The outcome of an act for one target."""

    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, order=True)
class JobRef:
    """A job as it was seen: `rev` changes with every write, so an act on a stale ref changes nothing.

    `id` is the true id (an `Untrusted` text once shown); `rev` is opaque to all but its backend.
    """

    backend: str
    id: str
    rev: str


@dataclass(frozen=True, slots=True)
class Target:
    """A target of an act.

    `data` are the bytes that the verb needs for this job: a record to restore, a payload to write.
    """

    ref: JobRef
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """One request by one actor; on native backends a repeated `id` acts only once."""

    verb: Verb
    actor: str
    reason: str = ""
    filter: str = ""
    args: Mapping[str, str] = field(default_factory=dict)
    id: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, slots=True)
class Result:
    """The result for one target.

    `before` is JSON text, enough to write the row back; `state_now` is the state found at the moment of the write
    (after it, when done); `note` says why it was skipped or failed, or what to beware of, in our own words.
    """

    ref: JobRef
    outcome: Outcome
    state_now: State | None = None
    note: str = ""
    before: str | None = None
    rev_after: str | None = None
