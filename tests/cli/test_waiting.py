"""`queuetui enqueue --wait`: the end of a job as the answer."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import pytest

from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.declaration import job
from tests.cli.scenes import Scene


@job("test_waiting.add")
def add(payload: dict[str, int]) -> int:
    """Add two numbers."""
    return payload["a"] + payload["b"]


@job("test_waiting.refuse", max_attempts=1)
def refuse(_: object) -> None:
    """Fail."""
    raise ValueError("no such shop")


@pytest.fixture
def worked(quick: Scene) -> Iterator[Scene]:
    """A store in memory that a worker works."""
    worker = Worker(quick.backend, WorkerSettings())
    thread = Thread(target=worker.run)
    thread.start()
    yield quick
    worker.stop()
    thread.join()


def test_the_result_is_the_answer(worked: Scene) -> None:
    """A --wait that stands before the type, or has a limit, ends with 0 and prints the result as JSON."""
    for wait in (("--wait",), ("--wait", "1m")):
        answer = worked.run("enqueue", *wait, "test_waiting.add", "-p", '{"a": 2000, "b": 3}')
        assert (answer.code, answer.out) == (0, "2003\n"), answer
    told = worked.run("enqueue", "test_waiting.add", "-p", '{"a": 2, "b": 3}', "--wait", "--json")
    assert (told.code, told.data["state"], told.data["result"]) == (0, "completed", 5)


def test_a_failure_is_told(worked: Scene) -> None:
    """A job that fails ends the command with 1, its error in words or in the answer."""
    answer = worked.run("enqueue", "test_waiting.refuse", "--wait")
    assert (answer.code, answer.out) == (1, "")
    assert "failed: ValueError: no such shop" in answer.err
    told = worked.run("enqueue", "test_waiting.refuse", "--wait", "--json")
    assert (told.code, told.data["state"], told.data["error"]["message"]) == (1, "failed", "no such shop")


def test_waiting_ends_and_the_job_stays(quick: Scene) -> None:
    """A job that does not end in time stays as it is, and the command ends with 1 and says its state."""
    told = quick.run("enqueue", "test_waiting.add", "--wait", "20ms", "--json")
    assert (told.code, told.data["state"]) == (1, "pending")
    assert "it goes on" in told.err
    assert quick.run("show", told.data["id"], "--json").data["state"] == "pending"
