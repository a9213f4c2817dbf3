"""The connections below the queue: patience, retries, and what a lost server or a locked file costs."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.sqlite import database
from queuetui.backends.sql.sqlite_address import file_of
from queuetui.model.errors import Conflict, NotFound, SchemaTooNew, Unreachable
from queuetui.model.job import Ending, NewJob, Settlement
from tests.servers.fixtures import PostgresFactory
from tests.waiting import wait_until

CREATE = BackendOptions(create=True)
ROOT = Path(__file__).resolve().parents[3]
WORK = """
import sys
from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import open_backend
from queuetui.model.job import NewJob
backend = open_backend(sys.argv[1], BackendOptions(create=True))
backend.jobs.enqueue([NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}")])
assert len(backend.jobs.step(backend.jobs.open_lease("w", "default", 30).id, [], 1).claimed) == 1
backend.jobs.sweep(10)
backend.close()
print(*sorted(name for name in sys.modules if name.partition(".")[0] in ("sqlalchemy", "textual")))
"""


def test_a_worker_loads_no_sqlalchemy(url: str) -> None:
    """Enqueue, claim and sweep run without the library that only consoles need."""
    command = [sys.executable, "-c", WORK, url]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": "src"}, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_failed_write_leaves_nothing(backend: SqlBackend) -> None:
    """Work that raises is rolled back, and the next work is not disturbed."""

    def fail(session: Session) -> None:
        session.change("write_meta", name="half", value="1")
        raise KeyError("stop")

    with pytest.raises(KeyError):
        backend.database.write("failing", fail)
    with pytest.raises(NotFound):
        backend.database.write("failing", lambda session: session.execute("select 1 from nowhere", {}))
    assert backend.database.read("looking", lambda session: session.row("read_meta", name="half")) is None
    backend.jobs.enqueue([NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}")])


def is_held(lock: threading.RLock) -> bool:
    """Tell whether another thread holds a lock."""
    if lock.acquire(blocking=False):
        lock.release()
        return False
    return True


def test_a_locked_file_is_waited_for(sqlite_url: str) -> None:
    """A write waits while another process writes, and then goes on."""
    backend = open_backend(sqlite_url, CREATE)
    assert isinstance(backend.database, database.SqliteDatabase)
    path = backend.database.path
    with closing(sqlite3.connect(path, isolation_level=None)) as other, ThreadPoolExecutor(1) as pool:
        other.execute("begin immediate")
        beat = pool.submit(backend.jobs.beat, "nobody", None, False)
        lock = backend.database._write_lock
        wait_until(lambda: is_held(lock))
        other.execute("commit")
        assert beat.result(60) is False
    backend.close()


def test_a_write_that_interrupts_another_does_it_no_harm(sqlite_url: str) -> None:
    """A signal handler or finaliser that writes amid a write of its thread is refused; what it interrupted is stored whole."""
    backend = open_backend(sqlite_url, CREATE)

    def write(session: Session) -> None:
        session.change("write_meta", name="first", value="1")
        with pytest.raises(Conflict, match="signal handler"):
            backend.jobs.beat("nobody", None, False)
        session.change("write_meta", name="second", value="2")

    for _ in range(2):
        backend.database.write("writing", write)
    found = [
        backend.database.read("looking", partial(Session.row, block="read_meta", name=n)) for n in ("first", "second")
    ]
    assert found == [("1",), ("2",)]
    backend.close()


def test_a_file_that_stays_locked_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Patience has an end, and the message says what to look for; afterwards the same backend works again."""
    monkeypatch.setattr(database, "BUSY_S", 0.01)
    monkeypatch.setattr(database, "LOCKED_LIMIT_S", 0.1)
    backend = open_backend(sqlite_url, CREATE)
    with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as other:
        other.execute("begin immediate")
        with pytest.raises(Unreachable, match="locked"):
            backend.jobs.beat("nobody", None, False)
        assert backend.jobs.queues_ready(None) == ()
        other.execute("rollback")
    assert backend.jobs.beat("nobody", None, False) is False
    backend.close()


def test_a_restarted_server_is_found_again(private_postgres: PostgresFactory) -> None:
    """While the server is gone each call says so; when it is back the same backend goes on."""
    server = private_postgres()
    backend = open_backend(server.create_database(), CREATE)
    assert backend.jobs.queues_ready(None) == ()
    server.stop()
    for _ in range(2):
        with pytest.raises(Unreachable):
            backend.jobs.beat("nobody", None, False)
    server.start()

    def answers() -> bool:
        try:
            return backend.jobs.queues_ready(None) == ()
        except Unreachable:
            return False

    wait_until(answers)
    backend.close()


def test_a_connection_that_the_server_ended_is_not_met(postgres_url: str) -> None:
    """A call after a restart, or after a person has ended the session, has a new connection and does not fail."""
    backend = open_backend(postgres_url, CREATE)
    assert backend.jobs.queues_ready(None) == ()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        others = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        assert connection.execute(f"select pg_terminate_backend(pid, 60000) {others}".encode()).rowcount
    assert backend.jobs.enqueue([NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}")])[0].created
    backend.close()


def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    """When the server breaks a deadlock the loser does its work again, and both are done."""
    backend = open_backend(postgres_url, CREATE)
    for worker in "ab":
        backend.jobs.open_lease(worker, "default", 30)
    met = threading.Barrier(2, timeout=60)

    def touch_both(order: str) -> int:
        tries = 0

        def touch(session: Session) -> int:
            nonlocal tries
            tries += 1
            for place, worker in enumerate(order):
                session.execute(
                    "update queuetui_lease set queue = queue where worker_id = %(worker)s", {"worker": worker}
                )
                if place == 0 and tries == 1:
                    met.wait()
            return tries

        return backend.database.write("touching", touch)

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(touch_both, ("ab", "ba"))) == [1, 2]
    backend.close()


def test_a_worker_of_an_older_protocol_gets_no_lease(backend: SqlBackend) -> None:
    """When the store has moved on to another protocol a worker that still runs is refused its next lease."""
    backend.database.write("moving on", lambda session: session.change("write_meta", name="protocol", value="2"))
    with pytest.raises(SchemaTooNew, match="install that version"):
        backend.jobs.open_lease("w", "default", 30)


def test_a_prune_gives_pages_back(sqlite_url: str) -> None:
    """The file shrinks after large payloads were pruned."""
    backend = open_backend(sqlite_url, BackendOptions(create=True, settings={"native.keep_completed": "0"}))
    backend.jobs.enqueue([NewJob(f"0190a5f0-0000-7000-8000-00000000000{n}", "T", b"x" * 300_000) for n in range(5)])
    lease = backend.jobs.open_lease("w", "default", 30)
    claimed = backend.jobs.step(lease.id, [], 10).claimed
    backend.jobs.step(lease.id, [Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.0) for job in claimed], 0)
    before = page_count(backend)
    wait_until(lambda: backend.jobs.prune(10))
    backend.jobs.beat("nobody", None, False)
    assert page_count(backend) < before / 2
    backend.close()


def page_count(backend: SqlBackend) -> int:
    """Return the number of pages of an SQLite file."""
    found: int = backend.database.read(
        "counting", lambda session: session.execute("pragma page_count", {}).fetchone()[0]
    )
    return found
