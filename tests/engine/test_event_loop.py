"""The loop of the async handlers, where the system gives none."""

from __future__ import annotations

import pytest

from queuetui.client import Queue
from tests.engine.conftest import StartWorker
from tests.engine.working import declare_handler


@pytest.fixture
def queue_url() -> str:
    """The same everywhere: what is tested is the worker."""
    return "memory://test_event_loop"


def test_a_loop_without_a_thread_is_none(
    queue: Queue, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system starts no thread for the loop, that run fails and the next one tries again."""

    async def well(_: object) -> str:
        return "well"

    def start_none(**_: object) -> None:
        raise RuntimeError("can't start new thread")

    worker = start_worker(concurrency=1, isolation="thread")
    with monkeypatch.context() as patch:
        patch.setattr("queuetui.engine.event_loop.Thread", start_none)
        assert queue.wait(queue.enqueue(declare_handler(well), max_attempts=1).id).state == "failed"
    assert queue.wait(queue.enqueue(declare_handler(well)).id).result == "well"
    worker.stop()
