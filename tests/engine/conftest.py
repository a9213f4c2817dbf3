"""A queue on each store, workers on it, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from queuetui.client import Queue
from tests.engine.working import Told, WorkerThread

StartWorker = Callable[..., WorkerThread]


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mysql", "redis"])
def queue_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty place for a queue on each kind of store."""
    if request.param == "memory":
        return f"memory://{uuid4().hex}"
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'queue.db'}"
    servers = {"postgresql": "postgres_url", "mysql": "mysql_url", "redis": "redis_url"}
    return str(request.getfixturevalue(servers[request.param]))


@pytest.fixture
def queue(queue_url: str) -> Iterator[Queue]:
    """An empty queue."""
    with Queue(queue_url) as opened:
        yield opened


@pytest.fixture
def start_worker(queue: Queue) -> Iterator[StartWorker]:
    """Start workers on the queue; those that still work are stopped after the test."""
    started: list[WorkerThread] = []

    def start(store: object = None, **settings: object) -> WorkerThread:
        started.append(WorkerThread(store if store is not None else queue.backend, **settings))  # type: ignore[arg-type]  # a store, or one that fails at will
        return started[-1]

    yield start
    for worker in started:
        worker.worker.hurry()
        worker.wait()


@pytest.fixture
def told() -> Iterator[Told]:
    """What workers say during the test."""
    listener = Told()
    listener.listen()
    yield listener
    listener.forget()
