"""A worker on a real PostgreSQL or MariaDB server that is restarted and frozen."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from queuetui.client import Queue
from queuetui.engine import store_health
from tests.engine.conftest import StartWorker
from tests.engine.working import Told, declare_handler
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until

pytestmark = pytest.mark.timed

Server = PostgresServer | MysqlServer


@pytest.fixture(params=["private_postgres", "private_mysql"])
def server(request: pytest.FixtureRequest) -> Server:
    """A server of the test's own."""
    make: Callable[[], Server] = request.getfixturevalue(request.param)
    return make()


@pytest.fixture
def queue_url(server: Server) -> str:
    """The URL of an empty database on it."""
    return server.create_database()


def test_a_server_that_restarts_costs_no_job(
    queue: Queue,
    server: Server,
    start_worker: StartWorker,
    told: Told,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A run that ends while the server is down is completed after its restart, and new jobs are worked."""
    monkeypatch.setattr(store_health, "LONGEST_PAUSE_S", 0.5)
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "done"

    job = queue.enqueue(declare_handler(run))
    worker = start_worker()
    assert begun.wait(60)
    server.stop()
    over.set()
    wait_until(lambda: told.of("store_lost"))
    server.start()
    wait_until(lambda: _state(queue, job.id) == "completed")
    later = queue.enqueue(declare_handler(lambda _: 1))
    wait_until(lambda: _state(queue, later.id) == "completed")
    done = queue.get(job.id)
    assert (done.result, done.attempts, done.lost) == ("done", 1, 0)
    assert worker.is_alive
    wait_until(lambda: told.of("store_back"))


def _state(queue: Queue, job_id: str) -> str | None:
    """Return a job's state, None while the server does not answer."""
    from queuetui.model.errors import Unreachable

    try:
        return queue.get(job_id).state
    except Unreachable:
        return None


def test_a_frozen_server_ends_the_work_in_time(
    queue: Queue, server: Server, start_worker: StartWorker, told: Told
) -> None:
    """A server that holds connections open without answering does not hide that the lease runs out."""
    from queuetui.engine.context import Context

    seen, over = threading.Event(), threading.Event()

    def run(payload: object, context: Context) -> str:
        if context.fence > 1:
            return "second"
        wait_until(context.cancelled)
        seen.set()
        over.wait(60)
        return "first"

    job = queue.enqueue(declare_handler(run))
    start_worker(lease_s=9.0)
    wait_until(lambda: told.of("job_started"))
    server.pause()
    try:
        assert seen.wait(60)
    finally:
        server.resume()
        over.set()
    wait_until(lambda: _state(queue, job.id) == "completed")
    done = queue.get(job.id)
    assert (done.result, done.attempts, done.lost) == ("second", 1, 1)
