"""Live updates: told once each, also to who went and came back, and whatever others do."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.exceptions import InvalidStatus

from queuetui.http import live_client
from queuetui.operate.rights import Right
from tests.http.listeners import WAYS, listening
from tests.http.stage import HttpStage, serving_native
from tests.waiting import wait_until

BIG = json.dumps("x" * 200_000)


@pytest.mark.parametrize("way", WAYS)
def test_what_happens_is_told_on_every_store(each_stage: HttpStage, way: str) -> None:
    """A job that is stored and cancelled is two events, in order, and changes the figures."""
    stage = each_stage
    stage.jobs.job("before")
    with listening(stage, way) as one:
        assert one.first == "hello"
        job_id = stage.jobs.job("a")
        stage.client.delete(f"/api/jobs/{job_id}")
        events, figures = list[tuple[str, str]](), dict[str, object]()
        # The figures may be told before the events that changed them.
        while len(events) < 2 or not figures.get("cancelled"):
            message = one.hear()
            if message["kind"] == "event":
                events.append((message["data"]["event"], message["data"]["job"]))
            elif message["kind"] == "stats":
                figures = message["data"]
        assert events == [("JobCreated", job_id), ("JobCancelled", job_id)]
        assert (figures["pending"], figures["backend"]) == (1, "shop")


@pytest.mark.parametrize("way", WAYS)
def test_who_was_away_misses_and_hears_nothing_twice(stage: HttpStage, way: str) -> None:
    """Whatever happened between two connections is told to the second, from the last id on."""
    last_id, heard = "", list[tuple[str, str]]()
    for number in range(3):
        with listening(stage, way, last_id=last_id) as one:
            assert one.first == "hello"
            stage.jobs.job(f"there-{number}")
            heard += one.events(1 if number == 0 else 2)
            last_id = one.last_id or ""
        # Connections end in the middle of things.
        stage.jobs.job(f"away-{number}")
    told = [job for _, job in heard]
    assert told == [stage.jobs.ids[name] for name in ("there-0", "away-0", "there-1", "away-1", "there-2")]


def test_a_browser_says_its_last_id_in_a_header(stage: HttpStage) -> None:
    """An EventSource that comes back sends Last-Event-ID."""
    with listening(stage, "sse") as one:
        last_id = one.last_id
    job_id = stage.jobs.job("a")
    with listening(stage, "sse", {"last-event-id": last_id or ""}) as one:
        assert one.events(1) == [("JobCreated", job_id)]


@pytest.mark.parametrize("way", WAYS)
def test_what_is_kept_no_longer_is_told_as_such(migrated_sqlite_url: str, tmp_path: Path, way: str) -> None:
    """Behind the kept window, or from another run of the server, the first word is to read anew."""
    with serving_native(migrated_sqlite_url, tmp_path, kept_messages=3) as stage:
        with listening(stage, way) as one:
            # The figures of a store that nobody changes are told once, and take no place behind.
            while one.hear()["kind"] != "stats":
                pass
            begun = one.last_id or ""
        for number in range(5):
            stage.log.write("event", "shop", None, json.dumps({"event": "JobCreated", "job": str(number)}))
        for last_id in (begun, "elsewhere-1", "nonsense", begun.rpartition("-")[0] + "-99"):
            with listening(stage, way, last_id=last_id) as one:
                assert one.first == "reset"
        with listening(stage, way, last_id=f"{begun.rpartition('-')[0]}-{stage.log.newest - 3}") as one:
            assert one.first == "hello"
            assert [job for _, job in one.events(3)] == ["2", "3", "4"]


@pytest.mark.parametrize("way", WAYS)
def test_a_queue_is_listened_to_alone(stage: HttpStage, way: str) -> None:
    """What happens in others is not told, and figures are."""
    with listening(stage, way, queue="post") as one:
        stage.jobs.job("a", "mail")
        job_id = stage.jobs.job("b", "post")
        assert one.events(1) == [("JobCreated", job_id)]


def stall(stage: HttpStage, way: str) -> socket.socket:
    """Connect as one who never reads."""
    place = urlsplit(stage.url)
    deaf = socket.create_connection((place.hostname or "", place.port or 0))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    upgrade = "upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
    lines = f"GET /api/live HTTP/1.1\r\nhost: {place.netloc}\r\n{upgrade if way == 'websocket' else ''}\r\n"
    deaf.sendall(lines.encode())
    return deaf


@pytest.mark.parametrize("way", WAYS)
def test_one_who_does_not_read_harms_nobody(migrated_sqlite_url: str, tmp_path: Path, way: str) -> None:
    """It is let go once it has taken nothing for its time; another hears all meanwhile, and the server answers."""
    with serving_native(migrated_sqlite_url, tmp_path, stalled_after_s=0.3) as stage:
        with stall(stage, way), listening(stage, "sse") as one:
            wait_until(lambda: stage.log.clients == 2)
            for number in range(100):
                stage.log.write("event", "shop", None, f'{{"event": {BIG}, "job": "{number}"}}')
                assert one.events(1)[0][1] == str(number)
            wait_until(lambda: stage.log.clients == 1)
            assert stage.get("/healthz").status_code == 200
            job_id = stage.jobs.job("a")
            assert one.events(1) == [("JobCreated", job_id)]
        wait_until(lambda: stage.log.clients == 0)


@pytest.mark.parametrize("way", WAYS)
def test_one_who_is_killed_is_counted_no_longer(stage: HttpStage, way: str) -> None:
    """A connection that is reset ends its client at once."""
    deaf = stall(stage, way)
    wait_until(lambda: stage.log.clients == 1)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    deaf.close()
    wait_until(lambda: stage.log.clients == 0)


def test_who_listens_and_what_was_pushed_are_metrics(stage: HttpStage, caplog: pytest.LogCaptureFixture) -> None:
    """They are counted, and told in the log when a client leaves."""
    caplog.set_level("INFO", "queuetui.http.live")
    with listening(stage, "sse", queue="mail") as one:
        stage.jobs.job("a")
        one.events(1)
        lines = stage.get("/metrics").text.splitlines()
        assert "live_clients 1.0" in lines
        assert any(line.startswith("live_messages_pushed_total ") and not line.endswith(" 0.0") for line in lines)
    wait_until(lambda: any(" left after " in record.getMessage() for record in caplog.records))


def test_no_more_listen_than_may(migrated_sqlite_url: str, tmp_path: Path) -> None:
    """One too many is refused with a problem, by either way; it may come when another has gone."""
    with serving_native(migrated_sqlite_url, tmp_path, live_clients=1) as stage:
        with listening(stage, "sse") as held:
            assert held.first == "hello"
            assert (stage.get("/api/live").status_code, stage.get("/api/live").headers["retry-after"]) == (503, "10")
            with pytest.raises(InvalidStatus, match="503"), listening(stage, "websocket"):
                pass
        wait_until(lambda: stage.log.clients == 0)
        with listening(stage, "websocket") as one:
            assert one.first == "hello"


@pytest.mark.parametrize("way", WAYS)
def test_a_token_that_ends_ends_its_connection(
    migrated_sqlite_url: str, tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one nobody listens, and who listens by one that is revoked hears no more."""
    monkeypatch.setattr(live_client, "QUIET_S", 0.05)
    with serving_native(migrated_sqlite_url, tmp_path, open_as=None) as stage:
        assert stage.get("/api/live").status_code == 401
        with pytest.raises(InvalidStatus, match="401"), listening(stage, "websocket"):
            pass
        token, secret = stage.served.tokens.create(Right.READ, timedelta(hours=1))
        with listening(stage, way, {"authorization": f"Bearer {secret}"}) as one:
            stage.jobs.job("a")
            one.events(1)
            stage.served.tokens.revoke(token.id)
            wait_until(lambda: stage.log.clients == 0)
