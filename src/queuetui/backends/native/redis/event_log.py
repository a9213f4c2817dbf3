"""Reads the event log on Redis: the newest entries of the stream, or all events of one job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from queuetui.backends.native.event_rules import KIND_OF_CODE, LOOKED_EVENTS, looked_note, page_size
from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.odd_values import UNREADABLE, read_moment
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.model.clock import to_us
from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventPage, EventRequest
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from collections.abc import Callable

    from queuetui.backends.base import Listener
    from queuetui.backends.native.redis.server import Server

# An entry of the stream holds many events.
BATCH_ENTRIES = 200
PARTS = 11
_PLACE = re.compile(r"(\d{1,20}-\d{1,20})\.(\d{1,4})")
_Place = tuple[int, int, int]


class Batch(NamedTuple):
    """What the script answered, and how many entries it was to look at."""

    reply: Sequence[Any]
    asked: int


class RedisEventLog:
    """The EventLog of the backend."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def events(self, request: EventRequest) -> EventPage:
        """Return one page of events, newest first."""
        return read_events(self._server, request)

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        return bool(self._server.read("reading a queue's switch", "logs_events", queue))

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Subscribe to the channel that announces new events."""
        return self._server.listen_events(hear)


def read_events(server: Server, request: EventRequest) -> EventPage:
    """Return one page, newest first; raises BadQuery for a cursor that is none."""
    return continue_events(server, request, None)


def continue_events(server: Server, request: EventRequest, first: Batch | None) -> EventPage:
    """Return one page, newest first, of a log whose newest batch may have been read."""
    before = None if request.before is None else _read_place(request.before)
    if request.job_id is not None and parse_id(request.job_id) is None:
        return EventPage(())
    size, looked = page_size(request), [0]
    events = (event for event in _walk(server, request, before, looked, first) if _matches(event, request))
    found = list(islice(events, size + 1))
    cut = len(found) <= size and looked[0] >= LOOKED_EVENTS
    return EventPage(tuple(found[:size]), len(found) > size, (looked_note(request),) if cut else ())


def _walk(
    server: Server, request: EventRequest, before: _Place | None, looked: list[int], batch: Batch | None
) -> Iterator[Event]:
    """Yield events, newest first; of one job the server picks the entries, so that all are looked at."""
    needle = "" if request.job_id is None else to_stored(request.job_id)
    start = "+" if before is None else f"{before[0]}-{before[1]}"
    while looked[0] < LOOKED_EVENTS:
        if batch is None:
            batch = Batch(server.read("reading events", "read_events", start, BATCH_ENTRIES, needle), BATCH_ENTRIES)
        oldest, count, entries = batch.reply
        for place, packed in entries:
            for event in reversed(_unpack(place.decode(), packed)):
                if before is None or _read_place(event.cursor) < before:
                    looked[0] += not needle
                    yield event
        if count < batch.asked or _is_over(oldest.decode(), request):
            looked[0] = 0
            return
        start, batch = f"({oldest.decode()}", None


def _is_over(oldest: str, request: EventRequest) -> bool:
    return request.since is not None and int(oldest.partition("-")[0]) < to_us(request.since) // 1000 - 1


def _unpack(place: str, packed: bytes) -> list[Event]:
    """Return the events of an entry; what another program wrote so that it cannot be read is left out."""
    parts, found = packed.decode("utf-8", "replace").split("\0"), []
    for number, first in enumerate(range(0, len(parts), PARTS)):
        with suppress(*UNREADABLE):
            found.append(_to_event(f"{place}.{number}", parts[first : first + PARTS]))
    return found


def _matches(event: Event, request: EventRequest) -> bool:
    wanted = ((request.queue, event.queue), (request.correlation_id, event.correlation_id))
    named = all(asked is None or (found is not None and found.raw == asked) for asked, found in wanted)
    young = request.since is None or event.at >= request.since
    named = named and request.job_id in {None, event.job_id}
    return named and young and (not request.kinds or event.kind in request.kinds)


def _read_place(cursor: str) -> _Place:
    found = _PLACE.fullmatch(cursor)
    if found is None:
        message = "this cursor is none of this log's; start from the newest event"
        raise BadQuery(message, 0)
    ms, _, number = found[1].partition("-")
    return int(ms), int(number), int(found[2])


def _to_event(cursor: str, parts: Sequence[str]) -> Event:
    kind, at, stored_id, queue, worker, correlation, attempt, fence, moment, actor, detail = parts
    job_id = from_stored(stored_id.encode()) if stored_id else None
    return Event(
        cursor,
        read_moment(at),
        KIND_OF_CODE[int(kind)],
        _untrusted(queue),
        job_id,
        _untrusted(worker),
        _untrusted((job_id or "") if correlation == stored_id else correlation),
        attempt=int(attempt) if attempt else None,
        fence=int(fence) if fence else None,
        moment=read_moment(moment) if moment else None,
        actor=_untrusted(actor),
        detail=_untrusted(detail),
    )


def _untrusted(text: str) -> Untrusted | None:
    return Untrusted(text) if text else None
