"""The constants of the event log that all native stores share: default, retention, page size."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.event import EventKind, EventRequest
from queuetui.model.state import State

# Whether a queue logs events before anybody switches them on or off.
EVENTS_BY_DEFAULT = True
# A query that no index serves looks at this many of the newest events.
LOOKED_EVENTS = 20_000
# The limit where the store cannot drop events by the day.
MOST_EVENTS = 1_000_000
MOST_A_PAGE = 10_000
CODE_OF_KIND = {kind: code for code, kind in enumerate(EventKind)}
KIND_OF_CODE = dict(enumerate(EventKind))
SWITCHED_ALREADY = {Verb.EVENTS_ON: "its events are on already", Verb.EVENTS_OFF: "its events are off already"}
# The event that logs the end of a run, by the state of the job after it.
KIND_OF_TARGET = {
    State.COMPLETED: EventKind.JOB_COMPLETED,
    State.RETRYING: EventKind.JOB_RETRIED,
    State.FAILED: EventKind.JOB_FAILED,
    State.SCHEDULED: EventKind.JOB_SNOOZED,
    State.PENDING: EventKind.JOB_RELEASED,
    State.CANCELLED: EventKind.JOB_CANCELLED,
}
# The states whose event names the class of the error; a job is put off with an error when its worker has no handler for it.
TELLS_WHY = frozenset({State.RETRYING, State.FAILED, State.SCHEDULED})


def page_size(request: EventRequest) -> int:
    """Return how many events a page may hold."""
    return max(1, min(request.limit, MOST_A_PAGE))


def unknown_notes(count: int) -> tuple[str, ...]:
    """Return the note on entries that a page leaves out because they cannot be read."""
    if not count:
        return ()
    return (
        f"left out, as another program or a newer queuetui wrote it so that it cannot be read: {counted(count, 'event')}",
    )


def looked_note(request: EventRequest) -> str:
    """Return the note on an answer for which only the newest events were searched."""
    what = "queue" if request.queue is not None else "kind" if request.kinds else "correlation id"
    return f"only the newest {LOOKED_EVENTS:,} events were searched for this {what}"
