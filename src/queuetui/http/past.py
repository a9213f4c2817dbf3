"""Reads the past: failures by their error, the event log, and workers that are gone."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, LIMIT, ONE_TYPE, SINCE
from queuetui.http.served import ServedQueues
from queuetui.model.document import document
from queuetui.model.errors import Conflict, NotFound, Unsupported
from queuetui.model.event import EventRequest, describe_event
from queuetui.model.histories import FailureGroup, describe_failure_group, filter_of
from queuetui.monitor.gaps import describe_job_gap
from queuetui.monitor.lives import describe_life

HOUR_S, DAY_S = 3600.0, 86_400.0
MOST_GROUPS = 1_000
MOST_TRACED = 1_000


def list_failures(call: Call) -> Response:
    """Answer with dead letters by type and error, the largest group first."""
    measured = call.system.feed.failure_groups(call.given["since"] or DAY_S, call.given["limit"])
    rows = [{"backend": call.system.name, **describe_failure_group(group)} for group in measured.value or ()]
    return answer_json({"failures": rows, "notes": [measured.why] if measured.why else []})


def show_failure(call: Call) -> Response:
    """Answer with one group, and the payload and traceback of its newest job."""
    system, group = call.system, find_group(call)
    detail = system.feed.open(group.sample_id)
    sample = document(detail.job, detail.verdict).to_dict()
    told = {"backend": system.name, **describe_failure_group(group), "filter": filter_of(group), "sample": sample}
    return answer_json(told)


def find_group(call: Call) -> FailureGroup:
    """Return the one group whose fingerprint is, or begins with, that of the path.

    Raises NotFound where there is none, and Conflict where there are several.
    """
    asked, kind = call.path["fingerprint"], call.given["type"]
    groups = call.system.feed.failure_groups(call.given["since"] or DAY_S, MOST_GROUPS).value or ()
    found = [one for one in groups if asked and one.fingerprint.startswith(asked) and kind in (None, one.type.raw)]
    if not found:
        raise NotFound("no failure of that time has this fingerprint; see: GET /api/failures")
    if len(found) > 1:
        message = (
            f"{len(found):,} groups have this fingerprint, or begin with it; give all of it, and the type: type=TYPE"
        )
        raise Conflict(f"{message}; see: GET /api/failures")
    return found[0]


def list_gaps(call: Call) -> Response:
    """Answer with the gaps in the event log as a whole."""
    found = _logged(call).feed.gaps(timedelta(seconds=_span_s(call, DAY_S)), call.given["limit"])
    return answer_json(
        {
            "gaps": [describe_job_gap(one) for one in found.gaps],
            "counts": found.counts,
            "events": found.events,
            "jobs": found.jobs,
            "notes": list(found.notes),
        }
    )


def list_lives(call: Call) -> Response:
    """Answer with the life of each job in one row, the latest first."""
    found = _logged(call).feed.lives(timedelta(seconds=_span_s(call, HOUR_S)), call.given["limit"])
    return answer_json({"lives": [describe_life(life) for life in found.lives], "notes": list(found.notes)})


def show_trace(call: Call) -> Response:
    """Answer with the events of all jobs of one correlation id, in order."""
    page = _logged(call).feed.events(EventRequest(correlation_id=call.path["correlation_id"], limit=MOST_TRACED))
    told = [describe_event(event) for event in reversed(page.events)]
    return answer_json({"events": told, "more": page.has_more, "notes": list(page.notes)})


def count_events(call: Call) -> Response:
    """Answer with how many events there were of each kind."""
    counts, is_cut = _logged(call).feed.event_counts(timedelta(seconds=_span_s(call, HOUR_S)))
    return answer_json({"counts": counts, "more": is_cut})


def list_gone_workers(call: Call) -> Response:
    """Answer with the workers that are gone, and why."""
    system = _logged(call)
    gone, is_cut = system.feed.gone_workers(timedelta(seconds=_span_s(call, HOUR_S)))
    return answer_json({"workers": [{"backend": system.name, **one.describe()} for one in gone], "more": is_cut})


def _span_s(call: Call, unless_told_s: float) -> float:
    """Return the span to look back; `since` is a time of the store's clock."""
    since = call.given["since"]
    return unless_told_s if since is None else max(0.0, (call.system.feed.now() - since).total_seconds())


def _logged(call: Call) -> ServedQueues:
    """Return the system that the call names, which must keep events."""
    capabilities = call.system.feed.capabilities
    if not capabilities.events:
        raise Unsupported(f"{capabilities.label} keeps no events; see: GET /api/jobs")
    return call.system


def _endpoint(path: str, about: str, answer: Any, *parameters: Any, statuses: tuple[int, ...] = (200, 409)) -> Endpoint:  # noqa: ANN401 - as Endpoint takes them
    return Endpoint("GET", path, about, answer, parameters=(*parameters, SINCE, BACKEND), statuses=statuses)


ENDPOINTS = (
    _endpoint("/api/failures", "Dead letters by type and error, of a day or since a time.", list_failures, LIMIT),
    _endpoint(
        "/api/failures/{fingerprint:text}",
        "One group of dead letters with its newest job; the beginning of a fingerprint will do.",
        show_failure,
        ONE_TYPE,
        statuses=(200, 404, 409),
    ),
    _endpoint("/api/gaps", "What is wrong with the log of events, of a day or since a time.", list_gaps, LIMIT),
    _endpoint("/api/lives", "The life of each job in one row, of an hour or since a time.", list_lives, LIMIT),
    _endpoint("/api/events/counts", "Events by kind, of an hour or since a time.", count_events),
    _endpoint("/api/workers/history", "Workers that are gone, of an hour or since a time.", list_gone_workers),
    Endpoint(
        "GET",
        "/api/trace/{correlation_id:text}",
        "What happened to all jobs of one correlation id, the newest last.",
        show_trace,
        parameters=(BACKEND,),
        statuses=(200, 409),
    ),
)
