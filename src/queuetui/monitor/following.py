"""What happened and goes on happening: the log read page by page, and looked at again and again for what is new."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from queuetui.backends.base import Inspector
from queuetui.backends.events import EventLog
from queuetui.model.errors import Unsupported
from queuetui.model.event import Event, EventRequest

# An entry may show up behind a younger one, when its transaction took longer: so far is looked back.
LOOK_BACK = timedelta(seconds=5)
LOOK_EVERY_S = 1.0
MOST_A_LOOK = 1_000


def log_of(inspector: Inspector) -> EventLog:
    """Return a backend's log of events. Raises Unsupported where it keeps none."""
    if not isinstance(inspector, EventLog):
        label = inspector.capabilities.label
        raise Unsupported(f"{label} keeps no record of what happened to a job; its own logs may tell")
    return inspector


class Follower:
    """Yields each new event once, oldest first; the store's hints only make it look sooner."""

    def __init__(self, log: EventLog, request: EventRequest) -> None:
        self._log = log
        self._request = request
        self._seen: dict[str, datetime] = {}

    def look(self) -> tuple[Event, ...]:
        """Return what was not seen before; the first time the newest that there are."""
        # More than is shown at first: what is older than that would else be taken for new at the next look.
        request = replace(self._request, limit=max(self._request.limit, MOST_A_LOOK))
        shown = self._request.limit
        if self._seen:
            request = replace(request, since=max(self._seen.values()) - LOOK_BACK)
            shown = request.limit
        page = self._log.events(request)
        new = tuple(event for event in reversed(page.events) if event.cursor not in self._seen)
        self._seen |= {event.cursor: event.at for event in new}
        horizon = max(self._seen.values(), default=None)
        if horizon is not None:
            self._seen = {cursor: at for cursor, at in self._seen.items() if at >= horizon - 2 * LOOK_BACK}
        return new[-shown:]

    def follow(self, over: threading.Event) -> Iterator[tuple[Event, ...]]:
        """Yield what is new until it is over."""
        rung = threading.Event()
        ear = self._log.listen_events(rung.set)
        try:
            while not over.is_set():
                rung.clear()
                new = self.look()
                if new:
                    yield new
                rung.wait(LOOK_EVERY_S)
        finally:
            if ear is not None:
                ear.close()
