"""Combines the endpoints into one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Route, WebSocketRoute

from queuetui.http import acts, around, health, jobs, live, metrics, openapi, past, probes, queues
from queuetui.http.endpoint import Endpoint, HttpAddress
from queuetui.http.gate import Gate
from queuetui.http.live_log import LiveLog
from queuetui.http.live_updates import LiveUpdates
from queuetui.http.problems import RefusedRequest, problem_of
from queuetui.http.reception import Reception, request_id_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.requests import Request
    from starlette.responses import Response

    from queuetui.http.endpoint import Call
    from queuetui.http.served import Served

NOWHERE = "there is no such address; see: /openapi.json"
ENDPOINTS = (
    *jobs.ENDPOINTS,
    *acts.ENDPOINTS,
    *queues.ENDPOINTS,
    *past.ENDPOINTS,
    *around.ENDPOINTS,
    *health.ENDPOINTS,
    live.ENDPOINT,
    *metrics.ENDPOINTS,
    *probes.ENDPOINTS,
)


class TextConvertor(StringConvertor):
    """Matches any part of a path, also slashes and line breaks: ids of other products may be any text."""

    regex = "(?s:.*)"

    def to_string(self, value: str) -> str:
        """Return the value as a part of a path."""
        return value


register_url_convertor("text", TextConvertor())


def make_app(served: Served, log: LiveLog) -> Starlette:
    """Return the application that serves these queues."""
    gate = Gate(served)
    updates = LiveUpdates(served, gate, log)

    @asynccontextmanager
    async def living(_: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(updates.close)

    known = (*ENDPOINTS, openapi.make_endpoint(ENDPOINTS))
    addresses = [*addresses_of(known), HttpAddress("/{rest:text}", dict.fromkeys(_METHODS, _NOWHERE))]
    routes: list[BaseRoute] = [Route(one.path, Reception(served, gate, updates, one)) for one in addresses]
    routes.append(WebSocketRoute(live.PATH, partial(live.serve_socket, updates)))
    return Starlette(routes=routes, lifespan=living, exception_handlers={HTTPException: _refuse})


def _refuse(request: Request, _: Exception) -> Response:
    """Answer a request whose target is no path, such as one to a proxy, with 404."""
    return problem_of(RefusedRequest(404, NOWHERE), request_id_of(request.headers))


def addresses_of(endpoints: Iterable[Endpoint]) -> list[HttpAddress]:
    """Return every path with its methods.

    Paths with fewer parameters, and longer ones, are matched first.
    """
    addresses: dict[str, HttpAddress] = {}
    for one in endpoints:
        addresses.setdefault(one.path, HttpAddress(one.path)).methods[one.method] = one
    return sorted(addresses.values(), key=lambda one: (one.path.count("{"), -len(one.path)))


def _find_nothing(call: Call) -> Response:
    raise RefusedRequest(404, NOWHERE)


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NOWHERE = Endpoint("GET", "/{rest:text}", "", _find_nothing)
