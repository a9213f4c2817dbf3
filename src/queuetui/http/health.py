"""The health of the queues, judged by the same rules as on the command line."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, EXACT
from queuetui.http.served import ServedQueues
from queuetui.model.document import describe_verdict, document
from queuetui.model.event import describe_event
from queuetui.model.filter_text import quote_value
from queuetui.model.log_lines import describe_line, lines_of
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.stats import describe_stats
from queuetui.monitor.feed import Detail
from queuetui.monitor.health import Status, describe_health, judge_health

MOST_EVENTS = 200
MOST_CORRELATED = 20


def show_health(call: Call) -> Response:
    """Answer with the health of all queues.

    The status is 503 where anything is critical, so that a load balancer understands.
    """
    health = _health(call.system, exact=call.given["exact"])
    return answer_json(health, 503 if health["status"] == Status.UNHEALTHY else 200)


def show_metrics(call: Call) -> Response:
    """Answer with the figures of each queue and of all, whatever their health."""
    system = call.system
    picture = system.feed.poll_health(exact=call.given["exact"])
    health, figures = describe_health(judge_health(picture, system.feed.limits)), describe_stats(picture.snapshot)
    queues = {name: {**figures["queues"].get(name, {}), **queue} for name, queue in health["queues"].items()}
    named = ("timestamp", "backend", "processingStats", "workers", "measures")
    return answer_json({**{name: health[name] for name in named}, "queues": queues})


def debug_job(call: Call) -> Response:
    """Answer with one job and the facts that may explain it."""
    system = call.system
    kept = MOST_EVENTS if system.feed.capabilities.events else 0
    detail = system.feed.open(call.path["id"], events=kept)
    health = _health(system)
    name = detail.job.queue.raw
    return answer_json(
        {
            "job": document(detail.job, detail.verdict).to_dict(),
            "verdict": describe_verdict(detail.verdict),
            "gap": None if detail.gap is None else describe_verdict(detail.gap),
            "events": None if detail.events is None else [describe_event(event) for event in detail.events],
            "logs": _logs(system, detail),
            "queue": {"name": name, "health": health["queues"].get(name), "status": health["status"]},
            "findings": health["findings"],
        }
    )


def _health(system: ServedQueues, *, exact: bool = False) -> dict[str, Any]:
    picture = system.feed.poll_health(exact=exact)
    told = describe_health(judge_health(picture, system.feed.limits))
    return {**told, "problems": dict(picture.problems)}


def _logs(system: ServedQueues, detail: Detail) -> list[dict[str, Any]]:
    """Return the log lines of a job's runs, and of the newest jobs of its correlation id."""
    details = [detail]
    if detail.job.correlation_id is not None:
        query = parse_query(f"correlation_id:{quote_value(detail.job.correlation_id.raw)}")
        page, _ = system.feed.page(PageRequest(query, MOST_CORRELATED, brief=True))
        details += [system.feed.open(job.ref.id) for job in page.jobs if job.ref.id != detail.job.ref.id]
    return [describe_line(line) for one in details for line in lines_of(one.job.ref.id, one.runs)]


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/health/queues",
        "How well the queues run; 503 where anything is critical.",
        show_health,
        parameters=(EXACT, BACKEND),
        statuses=(200, 503),
    ),
    Endpoint(
        "GET", "/api/health/queues/metrics", "The figures of each queue.", show_metrics, parameters=(EXACT, BACKEND)
    ),
    Endpoint(
        "GET",
        "/api/health/queues/job/{id:text}/debug",
        "One job, its verdict, events, the logs of its correlation id, and how its queue runs.",
        debug_job,
        parameters=(BACKEND,),
        statuses=(200, 404),
    ),
)
