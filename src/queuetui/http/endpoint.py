"""Endpoints (address, right, parameters, body), and calls of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.responses import Response

from queuetui.http.problems import RefusedRequest
from queuetui.operate.rights import Right

if TYPE_CHECKING:
    from queuetui.http.caller import Caller
    from queuetui.http.live_updates import LiveUpdates
    from queuetui.http.served import Served, ServedQueues
    from queuetui.operate.operations import Operations

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter; `read` raises ValueError or a QueueTuiError for values that it refuses."""

    name: str
    about: str
    read: Callable[[str], Any]
    schema: Mapping[str, Any]
    default: Any = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call: caller, target and parameters; `request_id` becomes the correlation id of new jobs.

    The names of `headers` are in small letters.
    """

    served: Served
    live: LiveUpdates
    caller: Caller
    headers: Mapping[str, str]
    path: Mapping[str, str]
    given: Mapping[str, Any]
    body: Any
    request_id: str

    @property
    def system(self) -> ServedQueues:
        """The queue system that the call names; raises RefusedRequest."""
        return self.served.system(self.given.get("backend"))

    def operations(self, system: ServedQueues) -> Operations:
        """Return the operations of that system in the caller's name."""
        return system.act_as(self.caller.name, self.caller.right)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One method of one address; `answer` runs in a thread and may block.

    `statuses` are the statuses that it may answer with, beside those of every endpoint.
    """

    method: str
    path: str
    about: str
    answer: Callable[[Call], Response]
    right: Right = Right.READ
    parameters: tuple[Parameter, ...] = ()
    body: type[msgspec.Struct] | None = None
    statuses: tuple[int, ...] = (200,)
    media_type: str = JSON_TYPE
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """The endpoints of one path, by method."""

    path: str
    methods: dict[str, Endpoint] = field(default_factory=dict)


def answer_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer in JSON.

    Other characters than ASCII are escaped, so that a terminal does not interpret them.
    """
    return Response(json.dumps(value), status, headers=dict(headers or {}), media_type=JSON_TYPE)


def read_parameters(endpoint: Endpoint, query: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the parameters by name, those not given with their defaults; raises RefusedRequest."""
    known = {one.name: one for one in endpoint.parameters}
    given: dict[str, Any] = {one.name: one.default for one in endpoint.parameters}
    seen: set[str] = set()
    for name, text in query:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise RefusedRequest(400, f"there is no parameter of this name here; there are: {there}")
        if name in seen:
            raise RefusedRequest(400, f"the parameter {name} is given twice; give it once")
        seen.add(name)
        try:
            given[name] = known[name].read(text)
        except ValueError as error:
            raise RefusedRequest(400, f"the parameter {name}: {error}") from None
    return given


def read_body(endpoint: Endpoint, content_type: str, body: bytes) -> Any:  # noqa: ANN401 - as the endpoint declares
    """Return the body in the type of its endpoint; raises RefusedRequest."""
    if endpoint.body is None:
        return None
    if content_type.partition(";")[0].strip().lower() != JSON_TYPE:
        raise RefusedRequest(415, f"the body is to be JSON; send it as {JSON_TYPE}")
    try:
        return msgspec.json.decode(body, type=endpoint.body)
    except msgspec.ValidationError as error:
        raise RefusedRequest(422, f"the body cannot be taken: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RefusedRequest(400, f"the body is not JSON: {error}") from None
