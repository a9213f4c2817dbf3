"""Clients that listen to live updates, by Server-Sent Events and by WebSocket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.http.stage import HttpStage

WAYS = ("sse", "websocket")
SILENT = {"hello", "quiet"}


class Listener:
    """One connection; `last_id` is where a client would go on from."""

    def __init__(self, messages: Iterator[dict[str, Any]]) -> None:
        self._messages = messages
        self.last_id: str | None = None
        hello = self.hear()
        self.first = hello["kind"]

    def hear(self) -> dict[str, Any]:
        """Return the next message, whatever it is."""
        message = next(self._messages)
        self.last_id = message["id"]
        return message

    def events(self, count: int) -> list[tuple[str, str]]:
        """Return the next events: what happened, and to which job."""
        found: list[tuple[str, str]] = []
        while len(found) < count:
            message = self.hear()
            if message["kind"] == "event":
                found.append((message["data"]["event"], message["data"]["job"]))
            else:
                assert message["kind"] in {*SILENT, "stats"}, message
        return found


@contextmanager
def listening(stage: HttpStage, way: str, headers: dict[str, str] | None = None, **query: str) -> Iterator[Listener]:
    """Connect, and go without a word at the end."""
    query = {name: text for name, text in query.items() if text}
    if way == "sse":
        with stage.client.stream("GET", "/api/live", params=query, headers=headers or {}) as answer:
            assert answer.status_code == 200, answer.read()
            yield Listener(read_stream(answer.iter_lines()))
        return
    address = httpx.URL(stage.url.replace("http", "ws") + "/api/live", params=query)
    with connect(str(address), additional_headers=headers or {}, close_timeout=1, max_size=None) as socket:
        yield Listener(_read_socket(socket))


def read_stream(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield the messages of a stream of events."""
    message: dict[str, Any] = {}
    for line in lines:
        name, _, text = line.partition(": ")
        if name:
            message["kind" if name == "event" else name] = json.loads(text) if name == "data" else text
        elif message:
            yield message
            message = {}


def _read_socket(socket: ClientConnection) -> Iterator[dict[str, Any]]:
    for text in socket:
        yield json.loads(text)
