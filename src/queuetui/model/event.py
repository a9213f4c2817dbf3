"""The entries of the event log: their kinds, and the kind that logs each move of a job."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.text import Untrusted


class EventKind(StrEnum):
    """The kinds of events.

    JOB_SCHEDULED is the claim (a worker is assigned), JOB_DUE the end of a wait for a due time or a retry.
    OTHER is what the log of another product calls by a word of its own, which the event's detail is.
    """

    JOB_CREATED = "JobCreated"
    JOB_DUE = "JobDue"
    JOB_SCHEDULED = "JobScheduled"
    JOB_STARTED = "JobStarted"
    JOB_PROGRESS = "JobProgress"
    JOB_COMPLETED = "JobCompleted"
    JOB_FAILED = "JobFailed"
    JOB_RETRIED = "JobRetried"
    JOB_SNOOZED = "JobSnoozed"
    JOB_RELEASED = "JobReleased"
    JOB_LOST = "JobLost"
    JOB_CANCEL_REQUESTED = "JobCancelRequested"
    JOB_CANCELLED = "JobCancelled"
    JOB_DELETED = "JobDeleted"
    WORKER_STARTED = "WorkerStarted"
    WORKER_STOPPED = "WorkerStopped"
    WORKER_LOST = "WorkerLost"
    WORKER_CLEANED = "WorkerCleaned"
    QUEUE_PAUSED = "QueuePaused"
    QUEUE_RESUMED = "QueueResumed"
    QUEUE_EVENTS_ON = "QueueEventsOn"
    QUEUE_EVENTS_OFF = "QueueEventsOff"
    OTHER = "Other"


# Every move of `model/state.py`, by its verb. The sweep of a run is logged by JobLost before the move that follows from it.
KIND_OF_MOVE: Mapping[str, EventKind] = {
    "enqueue": EventKind.JOB_CREATED,
    "enqueue with a due time": EventKind.JOB_CREATED,
    "promote": EventKind.JOB_DUE,
    "claim": EventKind.JOB_SCHEDULED,
    "complete": EventKind.JOB_COMPLETED,
    "retry later": EventKind.JOB_RETRIED,
    "snooze": EventKind.JOB_SNOOZED,
    "give up": EventKind.JOB_FAILED,
    "release": EventKind.JOB_RELEASED,
    "end a cancelled run": EventKind.JOB_CANCELLED,
    "cancel": EventKind.JOB_CANCELLED,
    "retry": EventKind.JOB_RETRIED,
}
WAITS_FOR_TIME = frozenset({EventKind.JOB_CREATED, EventKind.JOB_RETRIED, EventKind.JOB_SNOOZED})
_OF_WORKERS = frozenset({EventKind.WORKER_STARTED, EventKind.WORKER_STOPPED})
_DETAILS = {
    EventKind.JOB_CREATED: "type",
    EventKind.JOB_FAILED: "error_class",
    EventKind.JOB_RETRIED: "error_class",
    EventKind.JOB_LOST: "error_class",
    EventKind.JOB_PROGRESS: "progress",
    EventKind.OTHER: "event",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    `cursor` names its place in the log, which is the order of what happened to any one job.
    `moment` is the due time of a created, retried or snoozed job, and else when the run began, where that is known.
    `actor` is the person whose act it was. `detail` is one text that depends on the kind (see `data`).
    """

    cursor: str
    at: datetime
    kind: EventKind
    queue: Untrusted | None = None
    job_id: str | None = None
    worker: Untrusted | None = None
    correlation_id: Untrusted | None = None
    attempt: int | None = None
    fence: int | None = None
    moment: datetime | None = None
    actor: Untrusted | None = None
    detail: Untrusted | None = None

    @property
    def data(self) -> Mapping[str, Untrusted | datetime | int]:
        """The values of this kind of event, by name; unknown ones are left out."""
        if self.kind in _OF_WORKERS:
            return {} if self.detail is None else _worker_facts(self.detail)
        facts: dict[str, Untrusted | datetime | int | None] = {
            "attempt": self.attempt,
            "fence": self.fence,
            "due_at" if self.kind in WAITS_FOR_TIME else "started_at": self.moment,
            "by": self.actor,
            _DETAILS.get(self.kind, "reason"): self.detail,
        }
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True, slots=True)
class EventRequest:
    """A page of at most `limit` events, newest first, older than the cursor `before`.

    What is None or empty does not narrow it.
    """

    job_id: str | None = None
    queue: str | None = None
    correlation_id: str | None = None
    kinds: frozenset[EventKind] = frozenset()
    since: datetime | None = None
    before: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events, newest first.

    `last` is the cursor to go on from, `notes` say in our words what bounds the answer.
    """

    events: tuple[Event, ...]
    has_more: bool = False
    notes: tuple[str, ...] = ()

    @property
    def last(self) -> str | None:
        """The cursor of the oldest event on the page."""
        return self.events[-1].cursor if self.events else None


def read_kind(text: str) -> EventKind:
    """Return the kind that a person wrote, in any case; raises ValueError naming all of them."""
    for kind in EventKind:
        if kind.value.lower() == text.lower():
            return kind
    raise ValueError(f"{text!r} is no kind of event; there are {', '.join(EventKind)}")


def describe_event(event: Event) -> dict[str, Any]:
    """Return an event as it stands in JSON."""
    return {
        "at": to_text(event.at),
        "event": event.kind.value,
        "queue": _raw(event.queue),
        "job": event.job_id,
        "worker": _raw(event.worker),
        "correlation_id": _raw(event.correlation_id),
        "data": {
            name: to_text(value)
            if isinstance(value, datetime)
            else value.raw
            if isinstance(value, Untrusted)
            else value
            for name, value in event.data.items()
        },
    }


def _worker_facts(detail: Untrusted) -> dict[str, Untrusted | datetime | int]:
    """Return the facts of a worker (`note_worker`); any other text is returned unchanged."""
    try:
        told = json.loads(detail.raw)
    except (ValueError, RecursionError):
        return {"reason": detail}
    if not isinstance(told, dict):
        return {"reason": detail}
    facts: dict[str, Untrusted | datetime | int] = {}
    for name in ("host", "pid", "version", "slots", "queues", "tags", "why"):
        value = told.get(name)
        if isinstance(value, int):
            facts[name] = value
        elif isinstance(value, str | list) and value:
            facts[name] = Untrusted(value if isinstance(value, str) else " ".join(map(str, value)))
    return facts


def _raw(text: Untrusted | None) -> str | None:
    return None if text is None else text.raw
