"""Reads and enqueues jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from queuetui.http.bodies import NewJobBody
from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, CURSOR, EXACT, FILTER, LIMIT, OFFSET, SORT, STATUS, STUCK
from queuetui.http.problems import RefusedRequest
from queuetui.http.served import lacks_enqueue
from queuetui.model.clock import to_text
from queuetui.model.document import describe_attempt, document
from queuetui.model.errors import BadPayload
from queuetui.model.page import PageRequest
from queuetui.model.query import Query
from queuetui.model.query_parser import parse_query
from queuetui.model.run_notes import add_usage, describe_noted_run
from queuetui.model.zone import in_utc
from queuetui.monitor.figures import read_figures
from queuetui.operate.rights import Right


def list_jobs(call: Call) -> Response:
    """Answer with the jobs that match."""
    system, given = call.system, call.given
    query, cursor = _query(given), given["cursor"]
    if given["offset"] and cursor is not None:
        raise RefusedRequest(400, "offset and cursor exclude each other; give one of them")
    if given["offset"]:
        cursor, there = system.feed.skip(query, given["offset"])
        if not there:
            return answer_json({"jobs": [], "total": None, "total_exactness": "absent", "cursor": None, "notes": []})
    page, verdicts = system.feed.page(PageRequest(query, given["limit"], cursor))
    return answer_json(
        {
            "jobs": [document(job, verdicts.get(job.ref.id)).to_dict() for job in page.jobs],
            "total": page.total.value,
            "total_exactness": page.total.exactness.value,
            "cursor": page.last if page.has_more else None,
            "notes": list(page.notes),
        }
    )


def _query(given: dict[str, Any] | Any) -> Query:  # noqa: ANN401 - parameters are anything
    words = []
    if given["status"] is not None:
        words.append("is:stuck" if given["status"] == (STUCK,) else f"state:{','.join(given['status'])}")
    if given["sort"] is not None:
        words.append(f"sort:{given['sort']}")
    # The caller's text comes first, so that the position of a fault is within it.
    return parse_query(" ".join([*filter(None, [given["q"]]), *words]))


def show_job(call: Call) -> Response:
    """Answer with one job whole."""
    detail = call.system.feed.open(call.path["id"])
    shown = document(detail.job, detail.verdict).to_dict()
    shown["remarks"] = list(detail.job.remarks)
    shown["attempt_log"] = [describe_attempt(attempt) for attempt in detail.attempts]
    shown["usage"] = add_usage(detail.runs)
    shown["run_log"] = [describe_noted_run(run) for run in detail.runs]
    return answer_json(shown)


def enqueue_job(call: Call) -> Response:
    """Store one job; the id of the request is its correlation id unless one is given."""
    system, body = call.system, call.body
    if system.enqueue is None:
        raise lacks_enqueue(system)
    due_at = _due_time(body)
    named = {
        "queue": body.queue,
        "priority": body.priority,
        "at": due_at,
        "max_attempts": body.max_attempts,
        "idempotency_key": body.idempotency_key,
        "correlation_id": body.correlation_id or call.request_id,
    }
    try:
        job_id, created, state = system.enqueue(
            body.type,
            body.payload,
            {name: value for name, value in named.items() if value is not None},
            call.headers,
        )
    except (TypeError, ValueError) as error:
        raise BadPayload(str(error)) from None
    told = {"id": job_id, "created": created, "state": state or "pruned"}
    if due_at is not None and created:
        told["scheduled_at"] = to_text(due_at)
    return answer_json(told, 201 if created else 200, {"location": f"/api/jobs/{quote(job_id, safe='')}"})


def _due_time(body: NewJobBody) -> datetime | None:
    try:
        return None if body.scheduled_at is None else in_utc(body.scheduled_at)
    except OverflowError:
        raise BadPayload(
            f"scheduled_at {body.scheduled_at} is outside the years 1 to 9999 in UTC; give another"
        ) from None


def show_stats(call: Call) -> Response:
    """Answer with the counts by state."""
    figures, problems, _ = read_figures(call.system.feed, exact=call.given["exact"])
    return answer_json({**figures, "problems": problems})


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/jobs",
        "The jobs that match, newest first.",
        list_jobs,
        parameters=(STATUS, LIMIT, OFFSET, CURSOR, FILTER, SORT, BACKEND),
        statuses=(200, 400),
    ),
    Endpoint(
        "POST",
        "/api/jobs",
        "Stores one job.",
        enqueue_job,
        Right.OPERATE,
        (BACKEND,),
        NewJobBody,
        (201, 200, 409),
    ),
    Endpoint(
        "GET", "/api/jobs/stats", "Counts by state, over all and per queue.", show_stats, parameters=(EXACT, BACKEND)
    ),
    Endpoint("GET", "/api/jobs/{id:text}", "One job whole.", show_job, parameters=(BACKEND,), statuses=(200, 404)),
)
