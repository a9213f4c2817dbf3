"""Reads schedules, chores, tokens of workers, and the condition of the server."""

from __future__ import annotations

from starlette.responses import Response

from queuetui import __version__
from queuetui.http.endpoint import Call, Endpoint, answer_json
from queuetui.http.parameters import BACKEND, LIMIT
from queuetui.model.act import Verb
from queuetui.model.errors import Unsupported
from queuetui.model.examination import describe_finding
from queuetui.model.schedule_info import describe_schedule
from queuetui.model.server_view import describe_server
from queuetui.model.snapshot import Part, Watch
from queuetui.model.upkeep import describe_token
from queuetui.monitor.checkup import worst


def list_schedules(call: Call) -> Response:
    """Answer with the recurring jobs."""
    system = call.system
    picture = system.feed.poll(Watch(parts=frozenset({Part.SCHEDULES, Part.WORKERS})))
    problem = picture.problems.get(Part.SCHEDULES.value)
    if problem and not picture.schedules:
        raise Unsupported(problem)
    rows = [{"backend": system.name, **describe_schedule(one)} for one in picture.schedules]
    return answer_json({"schedules": rows, "problems": dict(picture.problems)})


def list_chores(call: Call) -> Response:
    """Answer with the chores that a mapping declares for rows that are no jobs."""
    system = call.system
    operations = call.operations(system)
    impossible = operations.why_impossible(Verb.UPKEEP)
    if impossible is not None:
        raise Unsupported(f"{system.name}: {impossible}; those of a table of your own stand in its mapping file")
    chores = [
        {"chore": one.name, "does": one.does, "takes_days": one.takes_days, "beware": one.beware}
        for one in operations.upkeep.chores
    ]
    return answer_json({"chores": chores})


def list_worker_tokens(call: Call) -> Response:
    """Answer with the tokens with which workers register, masked."""
    feed = call.system.feed
    if not feed.keeps_tokens:
        raise Unsupported(f"{feed.capabilities.label} keeps no tokens of workers that could be seen here")
    now = feed.now()
    return answer_json({"tokens": [describe_token(token, now) for token in feed.tokens(call.given["limit"])]})


def show_database(call: Call) -> Response:
    """Answer with the condition of the server behind the store."""
    return answer_json({"backend": call.system.name, **describe_server(call.system.feed.server_view())})


def examine(call: Call) -> Response:
    """Answer with the findings of `queuetui doctor`, check by check, and the worst level."""
    found = call.system.feed.check_up(__version__)
    told = [describe_finding(one) for one in found]
    return answer_json({"backend": call.system.name, "level": worst(found).value, "checks": told})


ENDPOINTS = (
    Endpoint(
        "GET",
        "/api/doctor",
        "The condition of the store and of its workers, check by check.",
        examine,
        parameters=(BACKEND,),
        statuses=(200, 409),
    ),
    Endpoint(
        "GET", "/api/schedules", "The recurring jobs.", list_schedules, parameters=(BACKEND,), statuses=(200, 409)
    ),
    Endpoint(
        "GET",
        "/api/chores",
        "The chores that a mapping file declares.",
        list_chores,
        parameters=(BACKEND,),
        statuses=(200, 409),
    ),
    Endpoint(
        "GET",
        "/api/worker-tokens",
        "The tokens by which workers are let in, masked.",
        list_worker_tokens,
        parameters=(LIMIT, BACKEND),
        statuses=(200, 409),
    ),
    Endpoint(
        "GET",
        "/api/database",
        "The server behind the store: connections, locks, sizes, slow statements.",
        show_database,
        parameters=(BACKEND,),
        statuses=(200, 409),
    ),
)
