"""Whose transaction holds the row of a job that waits."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.client import Queue
from tests.backends.captures import FIXTURES, query, run_script


@pytest.fixture
def locker(postgres_url: str) -> Iterator[psycopg.Connection]:
    """A session of somebody's that forgets its transactions."""
    with psycopg.connect(postgres_url, application_name="an editor") as session:
        yield session


def _lock_of(backend: Backend, job_id: str) -> tuple[object, ...] | None:
    lock = backend.inspector.view(job_id, 0).lock
    if lock is None:
        return None
    assert lock.since is not None
    return lock.pid, lock.application and lock.application.raw, lock.state and lock.state.raw


def test_a_locked_row_of_our_own_queue_names_its_holder(migrated_postgres_url: str) -> None:
    """Who holds it is told with pid, application and state; a row that is free again, or never was locked, has no lock."""
    with (
        Queue(migrated_postgres_url) as queue,
        psycopg.connect(migrated_postgres_url, application_name="an editor") as one,
    ):
        held, free = queue.enqueue("ship").id, queue.enqueue("ship").id
        one.execute("select 1 from queuetui_job where id = %s for update", (held,))
        expected = (one.info.backend_pid, "an editor", "idle in transaction")
        assert _lock_of(queue.backend, held) == expected
        assert _lock_of(queue.backend, free) is None
        one.rollback()
        assert _lock_of(queue.backend, held) is None


def test_a_locked_row_of_another_products_queue_names_its_holder(postgres_url: str, locker: psycopg.Connection) -> None:
    """So does a row of an attached table, and looking neither waits for the lock nor takes one."""
    run_script(postgres_url, (FIXTURES / "pg-boss" / "dump.postgres.sql").read_text(encoding="utf-8"))
    (job_id,) = query(
        postgres_url, "select id::text from pgboss.job where state = 'created' and start_after < now() limit 1"
    )[0]
    backend = open_backend(postgres_url, BackendOptions(kind="pg-boss"))
    assert _lock_of(backend, job_id) is None
    locker.execute("select 1 from pgboss.job where id = %s for update", (job_id,))
    assert _lock_of(backend, job_id) == (locker.info.backend_pid, "an editor", "idle in transaction")
    locker.rollback()
    assert _lock_of(backend, job_id) is None
    backend.close()
