"""`queuetui replay`: a job's handler runs here, and the job stays as it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.engine.allowed import AllowRule
from queuetui.engine.outcome import Retry, Snooze
from queuetui.engine.replay import copy_of, run_again
from queuetui.engine.tasks import Tasks
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from tests.cli.conftest import Invoke
from tests.engine.working import declare_handler
from tests.monitor.pictures import job

APP = """
import sys
from queuetui import job

@job("greet")
async def greet(payload, context):
    print(context.correlation_id, context.attempt, context.job_id, file=sys.stderr)
    return {"hello": payload["name"]}

@job("break")
def break_it(payload):
    raise SystemExit("no " + payload["name"])

@job("shut")
def shut(payload):
    sys.stdout.close()
    sys.stderr.close()
    return (n for n in [1])
"""


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder with two handlers."""
    (tmp_path / "app.py").write_text(APP)
    return tmp_path


def _store(url: str, job_type: str, payload: str = '{"name": "Ann"}') -> str:
    backend = open_native(url, BackendOptions(create=True))
    job_id = new_job_id()
    backend.jobs.enqueue([NewJob(job_id, job_type, payload.encode(), correlation_id="req-1")])
    backend.close()
    return job_id


def _read(spawn: Invoke, url: str, job_id: str) -> dict[str, object]:
    """Return the whole job but for what is said of its age."""
    shown: dict[str, object] = spawn("show", job_id, "--url", url, "--json").data
    return {name: value for name, value in shown.items() if name != "verdict"}


def test_the_handler_runs_and_the_job_stays(app: Path, spawn: Invoke, url: str) -> None:
    """An async handler gets the payload and the correlation id of the job, which is untouched."""
    job_id = _store(url, "greet")
    before = _read(spawn, url, job_id)
    done = spawn("replay", job_id, "--url", url, "--app", "app")
    assert (done.code, done.out) == (0, "returned {'hello': 'Ann'}\n")
    assert "req-1 1" in done.err
    assert f"req-1 1 {job_id}" not in done.err
    assert _read(spawn, url, job_id) == before


def test_a_failure_is_told_with_its_traceback(app: Path, spawn: Invoke, sqlite_url: str) -> None:
    """Whatever the handler raises, even what ends programs, is shown, and the exit code is 1."""
    done = spawn("replay", _store(sqlite_url, "break"), "--url", sqlite_url, "--app", "app", "--pdb")
    assert done.code == 1
    assert "SystemExit: no Ann" in done.err
    assert "failed after" in done.err


def test_it_ends_as_a_worker_would_end_it(app: Path, spawn: Invoke, sqlite_url: str) -> None:
    """What a worker takes for a failure is one here, and a handler that closes the streams hides nothing of it."""
    done = spawn("replay", _store(sqlite_url, "shut"), "--url", sqlite_url, "--app", "app")
    assert (done.code, "failed (the handler returned a generator" in done.err) == (1, True), done


def again(delay: object) -> Callable[[object], object]:
    """Return a handler that asks for another attempt."""

    def handler(payload: object) -> object:
        raise Retry(delay)  # type: ignore[arg-type] # a number or a span

    return handler


@pytest.mark.parametrize(
    ("handler", "attempts", "story"),
    [
        (again(5), 3, "asked to be run again in 5 s (an attempt is counted)"),
        (again(5), 1, "failed"),
        (lambda _: Retry, 3, "asked to be run again in 2 s (an attempt is counted)"),
        (
            lambda _: Snooze(at=datetime(2027, 1, 1, tzinfo=UTC)),
            1,
            "asked to be run again at 2027-01-01T00:00:00.000000Z (no",
        ),
        (lambda _: False, 1, "failed (the handler returned False)"),
        (lambda _: 5, 1, "completed"),
    ],
)
def test_what_a_handler_asks_for_is_told(handler: Callable[[object], object], attempts: int, story: str) -> None:
    """Another attempt, a snooze and a failure are told apart, in the words of what a worker makes of them."""
    job_type = declare_handler(handler)
    stored = replace(job(job_type=job_type), max_attempts=attempts)
    replay = run_again(copy_of(stored), Tasks(None, AllowRule((), Path.cwd(), commands=False)))
    assert replay.story.startswith(story)
    assert replay.is_well is (not story.startswith("failed"))


def test_the_cost_is_told(app: Path, spawn: Invoke, sqlite_url: str) -> None:
    """With --profile the costliest functions and the memory are told before the result."""
    done = spawn("replay", _store(sqlite_url, "greet"), "--url", sqlite_url, "--app", "app", "--profile")
    assert done.code == 0
    assert "cumulative" in done.out
    assert "most memory held by Python" in done.out
    assert done.out.endswith("returned {'hello': 'Ann'}\n")


@pytest.mark.parametrize(
    ("job_type", "payload", "words"),
    [
        ("nobody", "{}", "no handler for job type 'nobody'"),
        ("os:system", '"true"', "may choose"),
        ("greet", "{", "not JSON"),
    ],
)
def test_what_cannot_be_run_is_refused(
    app: Path, spawn: Invoke, sqlite_url: str, job_type: str, payload: str, words: str
) -> None:
    """A type without a handler, one that no job may choose, and a payload that is no JSON are refused in words."""
    refused = spawn("replay", _store(sqlite_url, job_type, payload), "--url", sqlite_url, "--app", "app")
    assert refused.code in {1, 2, 4}
    assert words in refused.err
    assert "fault of the program" not in refused.err
    assert json.dumps(refused.out) == '""'
