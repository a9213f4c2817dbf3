"""A queue, workers on it, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest

from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.client import Queue
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, WorkerThread

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore

MEMORY = "memory"
URL_FIXTURES = {
    "sqlite": "migrated_sqlite_url",
    "postgresql": "migrated_postgres_url",
    "mysql": "migrated_mysql_url",
    "redis": "redis_url",
}
# What the engine decides is tested once, for the conformance suite proves of each operation that the stores agree;
# what it does with a store from end to end is tested on each.
EVERY_STORE = pytest.mark.parametrize("store_kind", [MEMORY, *URL_FIXTURES])
StartWorker = Callable[..., WorkerThread]


@pytest.fixture
def store_kind() -> str:
    """The kind of store: the one in memory, unless a test asks for every one."""
    return MEMORY


@pytest.fixture
def queue_url(request: pytest.FixtureRequest, store_kind: str) -> str:
    """The URL of an empty queue."""
    if store_kind == MEMORY:
        return f"memory://{uuid4().hex}"
    return str(request.getfixturevalue(URL_FIXTURES[store_kind]))


@pytest.fixture
def clock(queue: Queue) -> VirtualClock:
    """The time of the store in memory, and of the workers that are given it: it passes when the test says so."""
    clock = VirtualClock()
    backend = queue.backend
    assert isinstance(backend, MemoryBackend), "only the store in memory takes its time from a test"
    backend.store.clock = clock.utc
    return clock


@pytest.fixture
def queue(queue_url: str) -> Iterator[Queue]:
    """An empty queue."""
    with Queue(queue_url) as opened:
        yield opened


@pytest.fixture
def start_worker(queue: Queue) -> Iterator[StartWorker]:
    """Start workers on the queue; those that still work are stopped after the test."""
    started: list[WorkerThread] = []

    def start(store: object = None, **settings: Any) -> WorkerThread:
        started.append(WorkerThread(queue.backend, cast("JobStore | None", store), **settings))
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
