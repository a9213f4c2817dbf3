"""A queue on each store, workers on it, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from queuetui.client import Queue
from tests.engine.working import Told, WorkerThread

URL_FIXTURES = {
    "sqlite": "migrated_sqlite_url",
    "postgresql": "migrated_postgres_url",
    "mysql": "migrated_mysql_url",
    "redis": "redis_url",
}
StartWorker = Callable[..., WorkerThread]


@pytest.fixture(params=["memory", *URL_FIXTURES])
def queue_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty queue on each kind of store."""
    if request.param == "memory":
        return f"memory://{uuid4().hex}"
    return str(request.getfixturevalue(URL_FIXTURES[request.param]))


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
