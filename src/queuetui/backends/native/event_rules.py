"""What all native stores agree on about events: the default, the retention, the size of a page."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.model.counted import counted
from queuetui.model.event import EventKind, EventRequest
from queuetui.model.state import State

# Of a queue that nobody switched.
EVENTS_BY_DEFAULT = True
# Without an index for what is asked, only so many of the newest events are looked at.
LOOKED_EVENTS = 20_000
# Where they cannot be dropped by the day.
MOST_EVENTS = 1_000_000
MOST_A_PAGE = 10_000
CODE_OF_KIND = {kind: code for code, kind in enumerate(EventKind)}
KIND_OF_CODE = dict(enumerate(EventKind))
SWITCHED_ALREADY = {Verb.EVENTS_ON: "its events are on already", Verb.EVENTS_OFF: "its events are off already"}
# How the end of a run is told, by the state that it leaves the job in.
KIND_OF_TARGET = {
    State.COMPLETED: EventKind.JOB_COMPLETED,
    State.RETRYING: EventKind.JOB_RETRIED,
    State.FAILED: EventKind.JOB_FAILED,
    State.SCHEDULED: EventKind.JOB_SNOOZED,
    State.PENDING: EventKind.JOB_RELEASED,
    State.CANCELLED: EventKind.JOB_CANCELLED,
}
# The ends of a run of which the class of its error is told; a job that is put off has one where its worker has no handler for it.
TELLS_WHY = frozenset({State.RETRYING, State.FAILED, State.SCHEDULED})


def page_size(request: EventRequest) -> int:
    """Return how many events a page may hold."""
    return max(1, min(request.limit, MOST_A_PAGE))


def unknown_notes(count: int) -> tuple[str, ...]:
    """Return what is said of entries that a page leaves out as they cannot be read, where there are any."""
    if not count:
        return ()
    return (
        f"left out, as another program or a newer queuetui wrote it so that it cannot be read: {counted(count, 'event')}",
    )


def looked_note(request: EventRequest) -> str:
    """Return what is said of an answer that was looked for among the newest events alone."""
    what = "queue" if request.queue is not None else "kind" if request.kinds else "correlation id"
    return f"only the newest {LOOKED_EVENTS:,} events were searched for this {what}"
