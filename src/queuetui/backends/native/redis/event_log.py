"""Reads what happened on Redis: a job's own list, or the newest of the stream."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

from queuetui.backends.native.event_rules import KIND_OF_CODE, LOOKED_EVENTS, looked_note, page_size
from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.model.clock import from_us
from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventPage, EventRequest
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.backends.native.redis.server import Server

BITE = 1_000
_OWN_ID = "="
_PLACE = re.compile(r"\d{1,20}-\d{1,20}")


def read_events(server: Server, request: EventRequest) -> EventPage:
    """Return one page, newest first. Raises BadQuery for a cursor that is none."""
    if request.before is not None and not _PLACE.fullmatch(request.before):
        message = "this cursor is none of this log's; start from the newest event"
        raise BadQuery(message, 0)
    size, looked = page_size(request), [0]
    events = _of_job(server, request) if request.job_id is not None else _of_all(server, request, looked)
    found = list(islice((event for event in events if _matches(event, request)), size + 1))
    cut = len(found) <= size and looked[0] >= LOOKED_EVENTS
    return EventPage(tuple(found[:size]), len(found) > size, (looked_note(request),) if cut else ())


def _of_job(server: Server, request: EventRequest) -> Iterator[Event]:
    if request.job_id is None or parse_id(request.job_id) is None:
        return
    before = None if request.before is None else _place(request.before)
    for entry in reversed(server.read("reading events", "read_events", to_stored(request.job_id), "+", 0)):
        cursor, packed = entry.split(b"\0", 1)
        if before is None or _place(cursor.decode()) < before:
            yield _to_event(cursor.decode(), packed)


def _of_all(server: Server, request: EventRequest, looked: list[int]) -> Iterator[Event]:
    before = request.before or "+"
    while looked[0] < LOOKED_EVENTS:
        reply: Sequence[Any] = server.read("reading events", "read_events", "", before, BITE)
        for place, (_, packed) in reply:
            before = place.decode()
            event = _to_event(before, packed)
            if request.since is not None and event.at < request.since:
                return
            looked[0] += 1
            yield event
        if len(reply) < BITE:
            looked[0] = 0
            return


def _matches(event: Event, request: EventRequest) -> bool:
    wanted = ((request.queue, event.queue), (request.correlation_id, event.correlation_id))
    named = all(asked is None or (found is not None and found.raw == asked) for asked, found in wanted)
    young = request.since is None or event.at >= request.since
    return named and young and (not request.kinds or event.kind in request.kinds)


def _place(cursor: str) -> tuple[int, int]:
    ms, _, number = cursor.partition("-")
    return int(ms), int(number)


def _to_event(cursor: str, packed: bytes) -> Event:
    kind, at, stored_id, queue, worker, head, attempt, fence, moment, actor, detail = packed.decode().split("\0")
    job_id = from_stored(stored_id.encode()) if stored_id else None
    return Event(
        cursor,
        from_us(int(at)),
        KIND_OF_CODE[int(kind)],
        _untrusted(queue),
        job_id,
        _untrusted(worker),
        _untrusted(_correlation_of(head, job_id)),
        attempt=int(attempt) if attempt else None,
        fence=int(fence) if fence else None,
        moment=from_us(int(moment)) if moment else None,
        actor=_untrusted(actor),
        detail=_untrusted(detail),
    )


def _correlation_of(head: str, job_id: str | None) -> str:
    """Return the correlation id that a body's head tells of."""
    if head == _OWN_ID:
        return job_id or ""
    found: str = json.loads(head).get("corr", "") if head else ""
    return found


def _untrusted(text: str) -> Untrusted | None:
    return Untrusted(text) if text else None
