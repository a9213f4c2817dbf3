"""Reads queues, workers and events."""

from __future__ import annotations

from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, BEFORE, CORRELATION, EXACT, FREE, JOB, KINDS, LIMIT, QUEUE, SINCE
from queuetui.model.document import describe_worker
from queuetui.model.errors import Unsupported
from queuetui.model.event import EventRequest, describe_event
from queuetui.model.limits import is_free, is_live
from queuetui.model.snapshot import Part, Watch
from queuetui.model.stats import describe_stats


def list_queues(call: Call) -> Response:
    """Answer with every queue, its counts and its claim limits."""
    system = call.system
    picture = system.feed.poll(Watch(parts=frozenset({Part.QUEUES, Part.WORKERS}), exact=call.given["exact"]))
    figures = describe_stats(picture.snapshot, picture.rules)
    rows = [{"backend": system.name, "queue": name, **counts} for name, counts in sorted(figures["queues"].items())]
    return answer_json({"queues": rows, "as_of": figures["as_of"], "problems": dict(picture.problems)})


def list_workers(call: Call) -> Response:
    """Answer with the registered workers, or only with those that have a free slot."""
    system = call.system
    if why := system.feed.capabilities.why_no_workers:
        raise Unsupported(why)
    picture = system.feed.poll(Watch(parts=frozenset({Part.WORKERS})))
    now, limits = picture.snapshot.now, system.feed.limits
    rows = [
        {"backend": system.name, **describe_worker(worker, now, live=is_live(worker, now, limits))}
        for worker in picture.snapshot.workers
        if not call.given["free"] or is_free(worker, now, limits)
    ]
    return answer_json({"workers": rows, "problems": dict(picture.problems)})


def list_events(call: Call) -> Response:
    """Answer with events, newest first."""
    system, given = call.system, call.given
    request = EventRequest(
        given["job"],
        given["queue"],
        given["correlation_id"],
        given["kinds"] or frozenset(),
        given["since"],
        given["before"],
        given["limit"],
    )
    page = system.feed.events(request)
    told = [{"backend": system.name, "cursor": event.cursor, **describe_event(event)} for event in page.events]
    return answer_json({"events": told, "cursor": page.last if page.has_more else None, "notes": list(page.notes)})


ENDPOINTS = (
    Endpoint("GET", "/api/queues", "Every queue with its counts.", list_queues, parameters=(EXACT, BACKEND)),
    Endpoint(
        "GET",
        "/api/workers",
        "The registered workers.",
        list_workers,
        parameters=(FREE, BACKEND),
        statuses=(200, 409),
    ),
    Endpoint(
        "GET",
        "/api/events",
        "What happened, newest first.",
        list_events,
        parameters=(JOB, QUEUE, CORRELATION, KINDS, SINCE, BEFORE, LIMIT, BACKEND),
        statuses=(200, 400, 409),
    ),
)
