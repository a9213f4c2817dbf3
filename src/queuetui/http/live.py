"""Live updates: one address, by Server-Sent Events or by WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from queuetui.http.endpoint import Call, Endpoint, read_parameters
from queuetui.http.live_client import LiveClient, LiveSubscription, SentMessage
from queuetui.http.parameters import BACKEND, LAST_ID, QUEUE
from queuetui.http.problems import problem_of
from queuetui.http.reception import LOG, request_id_of
from queuetui.model.errors import QueueTuiError

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from queuetui.http.live_updates import LiveUpdates

PATH = "/api/live"
EVENT_STREAM = "text/event-stream"


async def serve_socket(updates: LiveUpdates, socket: WebSocket) -> None:
    """Serve one WebSocket."""
    request_id = request_id_of(socket.headers)
    try:
        address = socket.client.host if socket.client else "-"
        caller = await run_in_threadpool(updates.authenticate, address, dict(socket.headers), ENDPOINT.right)
        given = read_parameters(ENDPOINT, socket.query_params.multi_items())
        client = await run_in_threadpool(updates.admit, caller, _wanted(given, None), "websocket")
    except QueueTuiError as error:
        response = problem_of(error, request_id)
        LOG.info("WEBSOCKET %s %d, request %s", PATH, response.status_code, request_id)
        await socket.send_denial_response(response)
        return
    try:
        await socket.accept(headers=[(b"x-request-id", request_id.encode())])
        await _tell(updates, socket, client)
    except (WebSocketDisconnect, RuntimeError):
        # The client disconnected while a message was being sent.
        pass
    finally:
        updates.log.leave(client)
    await _close(socket)


async def _tell(updates: LiveUpdates, socket: WebSocket, client: LiveClient) -> None:
    async def push(told: list[SentMessage]) -> None:
        for one in told:
            await socket.send_text(f'{{"id": {json.dumps(one.id)}, "kind": "{one.kind}", "data": {one.data}}}')

    hearing = asyncio.ensure_future(_hear(socket, client))
    try:
        await client.tell(push, updates.stalled_after_s)
    finally:
        hearing.cancel()


async def _hear(socket: WebSocket, client: LiveClient) -> None:
    """Read and ignore the client's messages, until it disconnects."""
    try:
        while True:
            await socket.receive()
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        client.go()


async def _close(socket: WebSocket) -> None:
    if socket.client_state is WebSocketState.CONNECTED and socket.application_state is WebSocketState.CONNECTED:
        try:
            async with asyncio.timeout(1):
                await socket.close(1001)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            pass


class EventStream(Response):
    """A response that lasts until its client disconnects."""

    media_type = EVENT_STREAM

    def __init__(self, updates: LiveUpdates, client: LiveClient) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._updates = updates
        self._client = client

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send event after event."""
        if scope["method"] == "HEAD":
            self._updates.log.leave(self._client)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        if scope["method"] == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        hearing = asyncio.ensure_future(_await_end(receive, self._client))

        async def push(told: list[SentMessage]) -> None:
            body = "".join(f"id: {one.id}\nevent: {one.kind}\ndata: {one.data}\n\n" for one in told)
            await send({"type": "http.response.body", "body": body.encode(), "more_body": True})

        try:
            await self._client.tell(push, self._updates.stalled_after_s)
        finally:
            hearing.cancel()
        if self._updates.log.is_over:
            await send({"type": "http.response.body", "body": b""})


async def _await_end(receive: Receive, client: LiveClient) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    client.go()


def stream_live(call: Call) -> Response:
    """Answer with a stream of live messages."""
    wanted = _wanted(call.given, call.headers.get("last-event-id"))
    return EventStream(call.live, call.live.admit(call.caller, wanted, "sse"))


def _wanted(given: Mapping[str, str | None], last_id: str | None) -> LiveSubscription:
    return LiveSubscription(given["last_id"] or last_id, given["backend"], given["queue"])


ENDPOINT = Endpoint(
    "GET",
    PATH,
    "What happens from now on, or from the last id on: by Server-Sent Events, or by WebSocket.",
    stream_live,
    parameters=(LAST_ID, QUEUE, BACKEND),
    statuses=(200, 503),
    media_type=EVENT_STREAM,
)
