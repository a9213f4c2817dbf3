"""Requests that no client should send, and clients that send them by the hundred."""

from __future__ import annotations

import json
import select
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from queuetui.http import patience, reception
from tests.http.listeners import listening
from tests.http.stage import HttpStage, serving_native
from tests.waiting import wait_until

POST = "POST /api/jobs HTTP/1.1\r\nContent-Type: application/json\r\n"


def connect(stage: HttpStage, head: str) -> socket.socket:
    """Connect and send the beginning of a request."""
    address = urlsplit(stage.url)
    opened = socket.create_connection((str(address.hostname), address.port or 0), timeout=30)
    opened.sendall(head.encode())
    return opened


def ask(stage: HttpStage, head: str, body: str = "") -> tuple[int, dict[str, object]]:
    """Send a request as it stands; return the status and the document that answers it."""
    host = "" if "Host:" in head else "Host: 127.0.0.1\r\n"
    with connect(stage, f"{head}{host}Connection: close\r\n\r\n{body}") as asking:
        answer = b"".join(iter(lambda: asking.recv(65_536), b""))
    first, _, document = answer.partition(b"\r\n\r\n")
    return int(first.split()[1]), json.loads(document)


@pytest.mark.parametrize(
    ("head", "body", "status", "detail"),
    [
        ("GET http://127.0.0.1/healthz HTTP/1.1\r\n", "", 404, "no such address"),
        ("OPTIONS * HTTP/1.1\r\n", "", 404, "no such address"),
        ("CONNECT a:1 HTTP/1.1\r\n", "", 404, "no such address"),
        ("GET /api/queues HTTP/1.1\r\nHost: LocalHost:80\r\n", "", 200, ""),
        (f"{POST}Content-Length: 15\r\nContent-Encoding: gzip\r\n", '{"type":"Send"}', 415, "sent as 'gzip'"),
    ],
)
def test_every_answer_is_a_document(stage: HttpStage, head: str, body: str, status: int, detail: str) -> None:
    """A target that is no path and a body that is packed are refused in words; names of hosts are in any case."""
    answered, document = ask(stage, head, body)
    assert (answered, detail in str(document.get("detail", ""))) == (status, True)


def test_who_does_not_go_on_is_let_go(stage: HttpStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A head or a body that never ends holds no place; who listens meanwhile is not taken for such a one."""
    monkeypatch.setattr(patience, "HEAD_WITHIN_S", 0.3)
    monkeypatch.setattr(reception, "BODY_WITHIN_S", 0.05)
    with listening(stage, "sse") as stream, listening(stage, "websocket") as web_socket:
        with connect(stage, "GET /healthz HTTP/1.1\r\nX: ") as slow:
            assert slow.recv(1) == b""
        assert ask(stage, f"{POST}Content-Length: 15\r\n", "{")[0] == 408
        with connect(stage, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /heal") as again:
            assert b"".join(iter(lambda: again.recv(65_536), b"")).endswith(b'{"status": "ok"}')
        job = stage.jobs.job("a")
        assert [one.events(1)[0][1] for one in (stream, web_socket)] == [job, job]


def test_who_takes_no_answer_is_let_go(stage: HttpStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was written for one that asks for much and reads nothing is thrown away with its connection."""
    monkeypatch.setattr(patience, "HEAD_WITHIN_S", 0.05)
    ask_much = "GET /openapi.json HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 8_000
    with connect(stage, ask_much) as greedy:
        gone = select.poll()
        gone.register(greedy, 0)
        assert [told & select.POLLERR for _, told in gone.poll(5_000)] == [select.POLLERR]


def test_no_more_than_may_listen_do_so_at_once(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Of many that come in one moment some are let in, and the others are told to come again."""
    with serving_native(migrated_sqlite_url, tmp_path, live_clients=3) as stage, ExitStack() as held:

        def come(_: int) -> int:
            asking = held.enter_context(connect(stage, "GET /api/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"))
            return int(asking.recv(64).split()[1])

        with ThreadPoolExecutor(20) as pool:
            statuses = sorted(pool.map(come, range(20)))
        assert statuses == [200] * 3 + [503] * 17


def test_who_has_gone_takes_no_place(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """Visits that are over one after the other refuse nobody, and neither does a HEAD, which listens to nothing."""
    with serving_native(migrated_sqlite_url, tmp_path, live_clients=1) as stage:
        for _ in range(3):
            assert stage.client.head("/api/live").status_code == 200
            with listening(stage, "sse") as one:
                assert one.first == "hello"
            wait_until(lambda: stage.log.clients == 0)
