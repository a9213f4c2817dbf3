"""Puts the addresses together into one ASGI program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.routing import Route

from queuetui.http import acts, health, jobs, metrics, probes, queues
from queuetui.http.endpoint import Endpoint, HttpAddress
from queuetui.http.gate import Gate
from queuetui.http.problems import RefusedRequest
from queuetui.http.reception import Reception

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from queuetui.http.endpoint import Call
    from queuetui.http.served import Served

ENDPOINTS = (
    *jobs.ENDPOINTS,
    *acts.ENDPOINTS,
    *queues.ENDPOINTS,
    *health.ENDPOINTS,
    *metrics.ENDPOINTS,
    *probes.ENDPOINTS,
)


def make_app(served: Served) -> Starlette:
    """Return the program that answers for what is served."""
    gate = Gate(served)
    addresses = [*addresses_of(ENDPOINTS), HttpAddress("/{rest:path}", dict.fromkeys(_METHODS, _NOWHERE))]
    return Starlette(routes=[Route(one.path, Reception(served, gate, one)) for one in addresses])


def addresses_of(endpoints: Iterable[Endpoint]) -> list[HttpAddress]:
    """Return every path with its methods.

    Those with fewer unknown parts, and longer ones, are tried first.
    """
    addresses: dict[str, HttpAddress] = {}
    for one in endpoints:
        addresses.setdefault(one.path, HttpAddress(one.path)).methods[one.method] = one
    return sorted(addresses.values(), key=lambda one: (one.path.count("{"), -len(one.path)))


def _find_nothing(call: Call) -> Response:
    raise RefusedRequest(404, "there is no such address; see: /openapi.json")


_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_NOWHERE = Endpoint("GET", "/{rest:path}", "", _find_nothing)
