"""A webhook is told, signed, and again where it does not answer; against a real server on this host."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from queuetui.monitor.alarms import webhook
from queuetui.monitor.alarms.webhook import TRIES, WebhookSender, rest_s

SECRET = b"only we know"
DOCUMENT = {"code": "depth_over", "summary": "120 jobs wait"}


@dataclass
class Ear:
    """A server that answers with each of `answers` in turn, then with 204, and keeps what it heard."""

    answers: list[int] = field(default_factory=list)
    heard: list[tuple[Message, bytes]] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    url: str = ""

    def send(self) -> str | None:
        """Send the document to it, without the rests."""
        return WebhookSender(self.url, SECRET, self._rest).send(DOCUMENT)

    def _rest(self, span_s: float) -> bool:
        self.rests.append(span_s)
        return False


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Return a server that listens."""
    ear = Ear()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            ear.heard.append((self.headers, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(ear.answers.pop(0) if ear.answers else 204)
            self.send_header("Location", f"{ear.url}/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library calls it
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    ear.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield ear
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_document_arrives_signed(ear: Ear) -> None:
    """Whoever knows the secret can tell that it is ours, and when it was sent."""
    assert ear.send() is None
    ((headers, body),) = ear.heard
    assert json.loads(body) == DOCUMENT
    at, signature = (part.partition("=")[2] for part in headers["X-Queuetui-Signature"].split(","))
    assert hmac.new(SECRET, f"{at}.".encode() + body, hashlib.sha256).hexdigest() == signature


def test_an_answer_that_comes_byte_by_byte_is_broken_off(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never ends its answer holds up no other alarm, however often it says something."""
    monkeypatch.setattr(webhook, "WHOLE_S", 0.2)
    monkeypatch.setattr(webhook, "TRIES", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with server.accept()[0] as asked, suppress(ConnectionError):
                asked.settimeout(0.01)
                asked.sendall(b"HTTP/1.1 200 OK\r\nX-A: ")
                while True:
                    with suppress(TimeoutError):
                        asked.recv(65_536)
                    asked.sendall(b"a")

        thread = threading.Thread(target=drip)
        thread.start()
        ear.url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "it did not answer" in str(ear.send())
        thread.join(30)
        assert not thread.is_alive()


def test_it_is_sent_again_until_it_is_taken(ear: Ear) -> None:
    """A server that is not well is asked again, ever later, with one name for the delivery."""
    ear.answers = [503, 429, 500]
    assert ear.send() is None
    assert len({headers["X-Queuetui-Delivery"] for headers, _ in ear.heard}) == 1
    assert len(ear.heard) == 4
    assert ear.rests == sorted(ear.rests)


@pytest.mark.parametrize(("answer", "tries"), [(404, 1), (401, 1), (302, 1), (503, TRIES)])
def test_what_is_not_taken_is_told(ear: Ear, answer: int, tries: int) -> None:
    """A refusal is final, a redirect is not followed, and no server is asked for ever."""
    ear.answers = [answer] * TRIES
    assert ear.send() == f"the webhook 127.0.0.1 was not told: it answered {answer}"
    assert len(ear.heard) == tries


def test_a_server_that_is_not_there_is_told() -> None:
    """The reason is told, and whoever ends the watch does not wait for it."""
    why = WebhookSender("http://127.0.0.1:1/", SECRET, lambda _: True).send(DOCUMENT)
    assert why is not None
    assert "did not answer" in why


def test_rests_grow_and_end() -> None:
    """They double and stay below a bound."""
    assert [round(rest_s(number) / 2**number) for number in range(5)] == [1] * 5
    assert rest_s(60) <= 72
