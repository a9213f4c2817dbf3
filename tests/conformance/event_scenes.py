"""What tests do to the log of events over and over."""

from __future__ import annotations

from datetime import datetime, timedelta

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Outcome, Verb
from queuetui.model.event import Event, EventKind, EventRequest

CREATED, SCHEDULED = EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED
AT_ONCE = timedelta(seconds=30)


def switch(backend: NativeBackend, *, on: bool, queue: str = "default") -> Outcome:
    """Switch the events of a queue."""
    return backend.operator.apply_to_queue(Act(Verb.EVENTS_ON if on else Verb.EVENTS_OFF, "ana"), queue).outcome


def read(backend: NativeBackend, request: EventRequest | None = None) -> list[Event]:
    """Return what was logged, oldest first."""
    return list(reversed(backend.events.events(request or EventRequest()).events))


def of_job(backend: NativeBackend, job_id: str) -> list[Event]:
    """Return what was logged of a job, oldest first."""
    return read(backend, EventRequest(job_id=job_id))


def kinds(events: list[Event]) -> list[EventKind]:
    """Return the kinds of events."""
    return [event.kind for event in events]


def is_close(told: datetime | None, known: datetime | None) -> bool:
    """Tell whether two times are there and nearly one: statements of one transaction may read the clock anew."""
    return told is not None and known is not None and abs(told - known) < AT_ONCE
