"""Handles one request: its id, its caller, its body, its answer, and the line in the log."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from queuetui.http.endpoint import Call, Endpoint, HttpAddress, read_body, read_parameters
from queuetui.http.gate import Gate
from queuetui.http.parameters import EXACT
from queuetui.http.problems import RefusedRequest, problem_of
from queuetui.model.errors import QueueTuiError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from queuetui.http.live_updates import LiveUpdates
    from queuetui.http.served import Served

LOG = logging.getLogger("queuetui.http")
REQUEST_ID = "x-request-id"
PLAIN = "identity"
BODY_WITHIN_S = 60.0
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
SAFE_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def request_id_of(headers: Mapping[str, str]) -> str:
    """Return the id that a caller gave its request, else a new one."""
    given = headers.get(REQUEST_ID, "")
    return given if _WELL_FORMED.fullmatch(given) else uuid4().hex


class Reception:
    """Answers all methods of one address, as an ASGI program."""

    def __init__(self, served: Served, gate: Gate, live: LiveUpdates, address: HttpAddress) -> None:
        self._served = served
        self._gate = gate
        self._live = live
        self._address = address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request, began_s = Request(scope, receive), time.monotonic()
        request_id, who = request_id_of(request.headers), "-"
        try:
            endpoint = self._endpoint(request.method)
            needed = None if endpoint.is_open else endpoint.right
            address = request.client.host if request.client else "-"
            headers = dict(request.headers)
            caller = await run_in_threadpool(self._gate.admit, address, headers, needed)
            who = caller.name or "-"
            given = read_parameters(endpoint, request.query_params.multi_items())
            if given.get(EXACT.name):
                self._gate.admit_count(address, caller)
            raw = await self._read(request) if endpoint.body is not None else b""
            body = read_body(endpoint, request.headers.get("content-type", ""), raw)
            call = Call(self._served, self._live, caller, headers, request.path_params, given, body, request_id)
            response = await run_in_threadpool(endpoint.answer, call)
        except ClientDisconnect:
            return
        except Exception as error:
            if not isinstance(error, QueueTuiError):
                LOG.exception("request %s failed", request_id)
            response = problem_of(error, request_id)
        _finish(response, request_id)
        took_ms = (time.monotonic() - began_s) * 1000
        LOG.info(
            "%s %s %d %.0f ms, request %s by %s",
            request.method,
            quote(request.url.path),
            response.status_code,
            took_ms,
            request_id,
            who,
        )
        await response(scope, receive, send)

    def _endpoint(self, method: str) -> Endpoint:
        methods = self._address.methods
        found = methods.get("GET" if method == "HEAD" else method)
        if found is None:
            allowed = ", ".join(sorted(methods))
            raise RefusedRequest(405, f"{method} cannot be done here; there is {allowed}", {"allow": allowed})
        return found

    async def _read(self, request: Request) -> bytes:
        most = self._served.limits.body_bytes
        refusal = RefusedRequest(413, f"the body has more than {most:,} bytes; send less")
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > most:
            raise refusal
        if (coding := request.headers.get("content-encoding", PLAIN)).lower() != PLAIN:
            raise RefusedRequest(
                415, f"the body is sent as {coding[:40]!r}; send it as it is, without Content-Encoding"
            )
        body = bytearray()
        try:
            async with asyncio.timeout(BODY_WITHIN_S):
                async for piece in request.stream():
                    body += piece
                    if len(body) > most:
                        raise refusal
        except TimeoutError:
            raise RefusedRequest(408, f"the body did not come within {BODY_WITHIN_S:g} s; send it again") from None
        return bytes(body)


def _finish(response: Response, request_id: str) -> None:
    for name, value in {**SAFE_HEADERS, REQUEST_ID: request_id}.items():
        response.headers.setdefault(name, value)
