"""Workers that are no longer registered, read from the event log."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queuetui.backends.events import EventLog
from queuetui.model.clock import to_text
from queuetui.model.event import Event, EventKind, EventRequest
from queuetui.model.text import Untrusted
from queuetui.monitor.follower import EVENTS_A_PAGE, MOST_A_LOOK

_ENDS = {
    EventKind.WORKER_STOPPED: "stopped",
    EventKind.WORKER_LOST: "lost",
    EventKind.WORKER_CLEANED: "cleaned",
}
_KINDS = frozenset({EventKind.WORKER_STARTED, *_ENDS})


@dataclass(frozen=True, slots=True)
class GoneWorker:
    """A worker that is no longer registered; a field is None if no event in the span tells it.

    `end` is how it left: stopped by itself, lost with an expired lease, or cleaned by a person.
    """

    id: str
    end: str
    ended_at: datetime
    started_at: datetime | None
    told: dict[str, Any]

    def describe(self) -> dict[str, Any]:
        """Return the worker as programs read it."""
        plain = {name: value.raw if isinstance(value, Untrusted) else value for name, value in self.told.items()}
        return {
            "id": self.id,
            "host": plain.get("host"),
            "pid": plain.get("pid"),
            "version": plain.get("version"),
            "queues": plain.get("queues"),
            "tags": plain.get("tags"),
            "started_at": None if self.started_at is None else to_text(self.started_at),
            "ended_at": to_text(self.ended_at),
            "end": self.end,
            "why": plain.get("why"),
        }


def read_gone(log: EventLog, since: datetime, present: Collection[str]) -> tuple[tuple[GoneWorker, ...], bool]:
    """Return the workers that left since a time, the latest first, and whether there may be more."""
    found: list[Event] = []
    before: str | None = None
    has_more = True
    while has_more and len(found) < MOST_A_LOOK:
        page = log.events(EventRequest(kinds=_KINDS, since=since, before=before, limit=EVENTS_A_PAGE))
        found += page.events
        has_more, before = page.has_more, page.last
    return gone_among(found, present), has_more


def gone_among(events: Collection[Event], present: Collection[str]) -> tuple[GoneWorker, ...]:
    """Return the workers in events, given newest first, that are not among the present ones."""
    ends: dict[str, Event] = {}
    starts: dict[str, Event] = {}
    for event in events:
        if event.worker is not None and event.worker.raw not in present:
            (starts if event.kind is EventKind.WORKER_STARTED else ends).setdefault(event.worker.raw, event)
    return tuple(_gone(worker, end, starts.get(worker)) for worker, end in ends.items())


def _gone(worker: str, end: Event, start: Event | None) -> GoneWorker:
    told = {**({} if start is None else start.data), **(end.data if end.kind is EventKind.WORKER_STOPPED else {})}
    return GoneWorker(worker, _ENDS[end.kind], end.at, None if start is None else start.at, told)
