"""What one enqueue on SQLite costs, and whom it rings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import cast

import pytest

from queuetui import Queue
from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.backends.native.sql.sqlite.database import SqliteDatabase
from queuetui.model.act import Act, Verb
from queuetui.model.worker import WorkerCard
from tests.waiting import wait_until


@pytest.fixture
def queue(sqlite_url: str) -> Iterator[Queue]:
    """A queue on a new file."""
    with Queue(sqlite_url) as made:
        yield made


def test_one_job_is_a_look_an_insert_and_a_count(queue: Queue) -> None:
    """A job alone takes one transaction of three statements, a fourth for its event, and nothing is read after the commit."""
    queue.enqueue("noop")
    ran: list[str] = []
    writer = database_of(queue)._writer
    assert writer is not None
    writer.set_trace_callback(ran.append)
    queue.enqueue("noop")
    assert [words(one) for one in ran] == [
        *("begin immediate", "select exists", "insert into queuetui_job", "insert into queuetui_event"),
        *("insert into queuetui_tally", "commit"),
    ]
    queue.backend.operator.apply_to_queue(Act(Verb.EVENTS_OFF, "test"), "default")
    ran.clear()
    queue.enqueue("noop")
    assert "insert into queuetui_event" not in [words(one) for one in ran]


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_worker_that_came_since_is_rung(sqlite_url: str, queue: Queue, jobs: int) -> None:
    """A client rings the workers there are at its commit: one that registered after its last job, none that has retired."""
    queue.enqueue("noop")
    heard: list[str] = []
    with Queue(sqlite_url) as other:
        store = cast("SqlBackend", other.backend)
        listener = store.jobs.listen(heard.append)
        if listener is None:
            pytest.skip("no sockets of this kind here")
        with closing(listener):
            store.jobs.register(card(listener.address))
            queue.enqueue_many([queue.new("noop", queue="post") for _ in range(jobs)])
            wait_until(lambda: heard == ["post"])
            store.jobs.retire("w1")
            queue.enqueue_many([queue.new("noop", queue="post") for _ in range(jobs)])
            assert database_of(queue)._sockets == "[]"


def database_of(queue: Queue) -> SqliteDatabase:
    """Return the file behind a queue."""
    return cast("SqliteDatabase", cast("SqlBackend", queue.backend).database)


def words(statement: str) -> str:
    """Return how a statement begins, up to its table."""
    count = 3 if statement.startswith("insert") else 2
    return " ".join(statement.split()[:count])


def card(address: str | None) -> WorkerCard:
    """Return a worker that listens."""
    return WorkerCard("w1", "host", 1, "1", ("post",), 1, socket=address)
