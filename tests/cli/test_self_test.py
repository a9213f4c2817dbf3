"""`doctor --self-test`: marked jobs through real queues, and nothing of them left."""

from __future__ import annotations

import http.server
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.self_test.served import ask_server
from queuetui.cli.self_test.trial import Trial
from queuetui.model.examination import Level
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Watch
from tests.cli.conftest import Invoke

TRIALS = ["success", "live push", "failure", "retry", "delay", "duplicate key", "ten at once", "clean up"]


@pytest.fixture(params=["sqlite_url", "postgres_url", "mysql_url", "redis_url"])
def url(request: pytest.FixtureRequest) -> str:
    """Every kind of store, with our queue."""
    made = str(request.getfixturevalue(request.param))
    open_native(made, BackendOptions(create=True, settings={"allow_lossy": "true"})).close()
    return made


def _jobs_of(url: str) -> object:
    with closing(open_native(url, BackendOptions(settings={"allow_lossy": "true"}))) as backend:
        return backend.inspector.snapshot(Watch(exact=True)).total.value


def test_each_trial_is_told_and_nothing_is_left(url: str) -> None:
    """Success, push, failure, retry, delay, duplicate key and ten at once go well, and their jobs are deleted."""
    with closing(open_native(url, BackendOptions(settings={"allow_lossy": "true"}))) as backend:
        found = Trial(backend, Limits()).run()
    assert [one.evidence["trial"] for one in found] == TRIALS
    assert [one.summary for one in found if one.level != "ok"] == []
    assert found[-1].summary.split(" of queue")[0] == "clean up: 16 jobs"
    assert _jobs_of(url) == 0


def test_dry_handlers_are_run(tmp_path: Path, spawn: Invoke, sqlite_url: str) -> None:
    """Each type of an application that offers one: what it raises is told, and the real handlers are never called."""
    app = """
        from queuetui import job

        @job("mail", dry=lambda: "no mail was sent")
        def mail(payload): raise SystemExit("called")

        async def look(payload, context): raise OSError("no such host")

        @job("fetch", dry=look, max_attempts=5)
        def fetch(payload): raise SystemExit("called")

        @job("plain")
        def plain(payload): raise SystemExit("called")
    """
    (tmp_path / "shop_app.py").write_text(dedent(app))
    open_native(sqlite_url, BackendOptions(create=True)).close()
    done = spawn("--url", sqlite_url, "doctor", "--self-test", "--app", "shop_app", "--json")
    told = {one["evidence"]["trial"]: one for one in done.data if one["check"] == "self_test"}
    assert [name for name in told if name.startswith("dry")] == ["dry run of mail", "dry run of fetch"]
    assert told["dry run of mail"]["level"] == "ok"
    assert (told["dry run of fetch"]["level"], done.code) == ("critical", 2)
    assert "OSError: no such host" in told["dry run of fetch"]["summary"]
    assert told["clean up"]["level"] == "ok"
    assert _jobs_of(sqlite_url) == 0
    assert spawn("--url", sqlite_url, "doctor", "--app", "shop_app").code == 2


def test_an_interrupted_test_cleans_up(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """TERM in the middle ends it as Ctrl-C does, and the jobs it made are gone."""
    open_native(sqlite_url, BackendOptions(create=True)).close()
    follow = Trial.follow

    def stop_here(trial: Trial, job_id: str) -> object:
        if len(trial.jobs) > 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return follow(trial, job_id)

    monkeypatch.setattr(Trial, "follow", stop_here)
    with closing(open_native(sqlite_url, BackendOptions())) as backend, pytest.raises(KeyboardInterrupt):
        Trial(backend, Limits()).run()
    assert _jobs_of(sqlite_url) == 0


@pytest.fixture
def serve_url() -> Iterator[str]:
    """A server that is alive and not ready, and lets a token alone see its metrics."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("authorization") == "Bearer known"
            if "elsewhere" in self.path:
                self.send_response(302)
                self.send_header("location", "http://localhost:1/")
                self.end_headers()
                return
            self.send_response({"/readyz": 503, "/metrics": 200 if known else 401}.get(self.path, 200))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_server_is_asked_too(
    sqlite_url: str, serve_url: str, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each endpoint is a row; one that answers badly is critical, and one that wants a token says how to give it."""
    open_native(sqlite_url, BackendOptions(create=True)).close()
    (refused,) = (one for one in ask_server(serve_url) if one.evidence["trial"] == "/metrics")
    assert (refused.level, refused.next) == (Level.WARNING, "give it one with the right read: QUEUETUI_TOKEN=TOKEN")
    monkeypatch.setenv("QUEUETUI_TOKEN", "known")
    answer = invoke("doctor", "--url", sqlite_url, "--self-test", "--serve-url", serve_url, "--json")
    told = {one["evidence"]["trial"]: one["level"] for one in answer.data if one["check"] == "self_test"}
    assert answer.code == 2, answer
    assert told == {**dict.fromkeys(TRIALS, "ok"), "/healthz": "ok", "/readyz": "critical", "/metrics": "ok"}
    moved = [one.evidence["status"] for one in ask_server(f"{serve_url}/elsewhere")]
    assert moved == [302, 302, 302], "the token goes to no other host"
    monkeypatch.setenv("QUEUETUI_TOKEN", "known\nX: y")
    odd = invoke("doctor", "--url", sqlite_url, "--self-test", "--serve-url", serve_url)
    odd.fails(2, "QUEUETUI_TOKEN holds what is no token")
    invoke("doctor", "--url", sqlite_url, "--serve-url", serve_url).fails(2, "--self-test")
    invoke("doctor", "--url", sqlite_url, "--self-test", "--serve-url", "file:///etc").fails(2, "http://")


def test_a_profile_for_reading_is_not_tested(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    """Rights to read are refused before anything is enqueued."""
    open_native(sqlite_url, BackendOptions(create=True)).close()
    (tmp_path / "config.toml").write_text(f'[profiles.prod]\nurl = "{sqlite_url}"\nrights = "read"\n')
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.setenv("QUEUETUI_CONFIG", str(tmp_path / "config.toml"))
    answer = invoke("--profile", "prod", "doctor", "--self-test")
    assert (answer.code, "nothing was tested" in answer.err) == (1, True), answer
    assert _jobs_of(sqlite_url) == 0
