"""The event log in memory: the newest entries, in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from queuetui.backends.native.event_rules import EVENTS_BY_DEFAULT, page_size
from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventKind, EventPage, EventRequest
from queuetui.model.state import State
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.base import Listener
    from queuetui.backends.native.memory.records import JobRecord
    from queuetui.backends.native.memory.store import MemoryStore


def logs_events(store: MemoryStore, queue: str) -> bool:
    """Tell whether a queue's events are on."""
    known = store.queues.get(queue)
    return EVENTS_BY_DEFAULT if known is None or known.events is None else known.events


def tell_job(
    store: MemoryStore,
    kind: EventKind,
    record: JobRecord,
    *,
    moment: datetime | None = None,
    actor: str | None = None,
    detail: str | None = None,
) -> None:
    """Log an event of a job, before the job's record leaves the run."""
    new, runs = record.new, record.state is State.PROCESSING
    if not logs_events(store, new.queue):
        return
    store.log.entries.append(
        Event(
            store.log.next_cursor(),
            store.now(),
            kind,
            Untrusted(new.queue),
            new.id,
            _untrusted(record.worker_id if runs else None),
            _untrusted(new.correlation_id),
            attempt=record.attempts + 1 if runs else None,
            fence=record.fence if runs else None,
            moment=moment,
            actor=_untrusted(actor),
            detail=_untrusted(detail),
        )
    )


def tell_of(
    store: MemoryStore,
    kind: EventKind,
    queue: str | None,
    worker: str | None = None,
    actor: str | None = None,
    detail: str | None = None,
) -> None:
    """Log an event of a queue or a worker."""
    store.log.entries.append(
        Event(
            store.log.next_cursor(),
            store.now(),
            kind,
            _untrusted(queue),
            worker=_untrusted(worker),
            actor=_untrusted(actor),
            detail=_untrusted(detail),
        )
    )


def prune_events(store: MemoryStore, limit: int) -> int:
    """Delete at most `limit` events past their retention; return how many."""
    entries, horizon = store.log.entries, store.now() - timedelta(seconds=store.retention.events_s)
    dropped = 0
    while dropped < limit and entries and entries[0].at < horizon:
        entries.popleft()
        dropped += 1
    return dropped


class MemoryEventLog:
    """Reads the log."""

    store: MemoryStore

    def events(self, request: EventRequest) -> EventPage:
        """Return one page, newest first."""
        size = page_size(request)
        with self.store.lock:
            found = list(islice(_matching(self.store.log.entries, request), size + 1))
        return EventPage(tuple(found[:size]), has_more=len(found) > size)

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        with self.store.lock:
            return logs_events(self.store, queue)

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Return None: memory has no notifications."""
        return None


def _matching(entries: deque[Event], request: EventRequest) -> Iterator[Event]:
    before = None if request.before is None else _place(request.before)
    for event in reversed(entries):
        if request.since is not None and event.at < request.since:
            return
        if (before is None or int(event.cursor) < before) and _matches(event, request):
            yield event


def _matches(event: Event, request: EventRequest) -> bool:
    wanted = (
        (request.job_id, event.job_id),
        (request.queue, None if event.queue is None else event.queue.raw),
        (request.correlation_id, None if event.correlation_id is None else event.correlation_id.raw),
    )
    named = all(asked is None or asked == found for asked, found in wanted)
    return named and (not request.kinds or event.kind in request.kinds)


def _place(cursor: str) -> int:
    if not cursor.isdecimal():
        message = "this cursor is none of this log's; start from the newest event"
        raise BadQuery(message, 0)
    return int(cursor)


def _untrusted(text: str | None) -> Untrusted | None:
    return None if text is None else Untrusted(text)
