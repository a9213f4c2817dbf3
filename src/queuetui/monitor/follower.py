"""Follows an event log: reads it page by page, and looks again and again for new events."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from queuetui.model.errors import Unsupported
from queuetui.monitor.run_starts import RunStarts, asked_of_log

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.events import EventLog
    from queuetui.model.event import Event, EventRequest

# An event becomes visible after a younger one if its transaction took longer, so each look goes back by this much.
LOOK_BACK = timedelta(seconds=5)
LOOK_EVERY_S = 1.0
# Looking back at every look would read the last seconds of a busy log again and again.
LOOK_BACK_EVERY_S = 2.0
EVENTS_A_PAGE = 1_000
# The most events that one look reads.
MOST_A_LOOK = 20_000


def log_of(backend: Backend) -> EventLog:
    """Return a backend's event log; raises Unsupported if it keeps none."""
    if backend.events is None:
        label = backend.inspector.capabilities.label
        raise Unsupported(f"{label} keeps no record of what happened to a job; its own logs may tell")
    return backend.events


class Follower:
    """Yields each new event once, oldest first, until it is ended; the store's hints make it look sooner.

    `expands` is for our own log: the event of a run's end holds the time of its start, which is shown as an event too.
    After a look, `is_cut` tells that there were more events than one look reads, and older ones were left out.
    """

    def __init__(self, log: EventLog, request: EventRequest, *, expands: bool = False) -> None:
        self._log = log
        self._request = asked_of_log(request) if expands else request
        self._kinds = request.kinds
        self._starts = RunStarts() if expands else None
        self._begun = False
        self.is_cut = False
        self._back_again_s = 0.0
        self._seen: dict[str, datetime] = {}
        self._rung, self._over = threading.Event(), threading.Event()

    def look(self) -> tuple[Event, ...]:
        """Return the events not returned before; at the first look the newest ones of the log."""
        if self._begun:
            new = self._find_unseen()
        else:
            self._begun = True
            page = self._log.events(self._request)
            new = page.events
            self._learn(new)
            if page.has_more:
                # Events older than the first page must not be taken for new ones at the next look.
                self._learn(self._find_unseen(page.last))
                self.is_cut = False
        self._learn(new)
        shown = new if self._starts is None else self._starts.shown(new, self._kinds)
        return tuple(reversed(shown))

    def _find_unseen(self, before: str | None = None) -> tuple[Event, ...]:
        """Read pages, newest first, as far back as unseen events may be; return the unseen ones."""
        horizons = (self._request.since, max(self._seen.values()) - LOOK_BACK if self._seen else None)
        since = max((one for one in horizons if one is not None), default=None)
        now_s = time.monotonic()
        looks_back = now_s >= self._back_again_s
        found: list[Event] = []
        self.is_cut, looked = False, 0
        while looked < MOST_A_LOOK:
            page = self._log.events(replace(self._request, since=since, before=before, limit=EVENTS_A_PAGE))
            new = [event for event in page.events if event.cursor not in self._seen]
            found += new
            if not page.has_more or not (new or looks_back):
                break
            before, looked = page.last, looked + len(page.events)
            self.is_cut = bool(new) and looked >= MOST_A_LOOK
        if looks_back:
            self._back_again_s = now_s + LOOK_BACK_EVERY_S
        return tuple(found)

    def _learn(self, events: tuple[Event, ...]) -> None:
        self._seen |= {event.cursor: event.at for event in events}
        newest = max(self._seen.values(), default=None)
        if newest is not None:
            self._seen = {cursor: at for cursor, at in self._seen.items() if at >= newest - 2 * LOOK_BACK}

    def follow(self) -> Iterator[tuple[Event, ...]]:
        """Yield new events until `end` is called; may be called again after the store did not answer."""
        ear = self._log.listen_events(self._rung.set)
        try:
            while True:
                self._rung.clear()
                if self._over.is_set():
                    return
                new = self.look()
                if new:
                    yield new
                self._rung.wait(LOOK_EVERY_S)
        finally:
            if ear is not None:
                ear.close()

    def end(self) -> None:
        """Make `follow` return at once; may be called from any thread."""
        self._over.set()
        self._rung.set()
