"""What happens when two do things at the same moment; each race is held open and then let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import create_engine

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.blocks import load_blocks
from queuetui.model.errors import Unsupported
from queuetui.model.job import Ending, Enqueued, NewJob, Settlement
from queuetui.model.state import State
from tests.waiting import wait_until

T = TypeVar("T")
JOB = NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}", idempotency_key="k")
LEASE_S = 30.0


def in_thread(pool: ThreadPoolExecutor, ask: Callable[[], T], url: str) -> Future[T]:
    """Ask in a thread and return once its statement waits for a lock."""
    asked = pool.submit(ask)
    with psycopg.connect(url, autocommit=True) as connection:
        waits = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        wait_until(lambda: connection.execute(waits).fetchone() != (0,), awaiting="a statement that waits for a lock")
    return asked


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[SqlBackend]:
    """A backend on a fresh PostgreSQL schema."""
    backend = open_backend(postgres_url, BackendOptions(create=True))
    yield backend
    backend.close()


def test_a_job_sent_again_while_it_ends_is_not_run_again(postgres: SqlBackend, postgres_url: str) -> None:
    """A resend that waits for the very transaction that ends its job answers with the ended job and brings nothing back."""
    job = NewJob(JOB.id, "T", b"{}")
    postgres.jobs.enqueue([job])
    with psycopg.connect(postgres_url) as ending, ThreadPoolExecutor(1) as pool:
        ending.execute(load_blocks("postgresql")["finish_job"].encode(), finish_values())
        asked = in_thread(pool, lambda: postgres.jobs.enqueue([job]), postgres_url)
        ending.commit()
        assert asked.result(60) == (Enqueued(JOB.id, created=False, state=State.COMPLETED),)
    assert postgres.jobs.queues_ready(None) == ()


def finish_values() -> dict[str, object]:
    """Return the values of a plain move to the completed jobs."""
    nothing = dict.fromkeys(
        ("error_class", "error_message", "error_traceback", "error_fingerprint", "took_us", "result")
    )
    counts = {"attempted": 1, "lost": 0, "lost_alone": 0, "set_error": False, "kept_us": 10**12}
    return {"id": UUID(JOB.id), "state": 5, **nothing, **counts}


@pytest.mark.parametrize("commits", [True, False])
def test_a_key_waits_for_its_holder(postgres: SqlBackend, postgres_url: str, *, commits: bool) -> None:
    """A key held by a transaction that is still open is answered once it ended: taken if it committed, free if it did not."""
    engine = create_engine(postgres_url.replace("postgresql://", "postgresql+psycopg://"))
    other = NewJob("0190a5f0-0000-7000-8000-000000000002", "T", b"{}", idempotency_key="k")
    with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        postgres.jobs.enqueue([JOB], connection)
        asked = in_thread(pool, lambda: postgres.jobs.enqueue([other]), postgres_url)
        connection.commit() if commits else connection.rollback()
        (answer,) = asked.result(60)
    engine.dispose()
    assert (answer.created, answer.id) == ((False, JOB.id) if commits else (True, other.id))


def test_a_sweep_waits_for_nobody(postgres: SqlBackend, postgres_url: str) -> None:
    """A sweep passes over an expired lease that somebody is working on, and takes it afterwards."""
    postgres.jobs.enqueue([JOB])
    lease = postgres.jobs.open_lease("w", "default", 0.01)
    wait_until(
        lambda: (
            postgres.jobs.renew([lease.id], LEASE_S).valid == frozenset() or postgres.jobs.step(lease.id, [], 1).claimed
        )
    )
    with psycopg.connect(postgres_url) as holder:
        holder.execute("select 1 from queuetui_lease for key share")
        assert postgres.jobs.sweep(10) == ()
    postgres.jobs.sweep(10)
    with psycopg.connect(postgres_url) as reader:
        assert reader.execute("select count(*) from queuetui_lease where until < clock_timestamp()").fetchone() == (0,)


def test_a_step_that_waits_for_a_sweep_is_stale(postgres: SqlBackend, postgres_url: str) -> None:
    """When the sweep's transaction has the lease first, an ending that waited for it is refused."""
    postgres.jobs.enqueue([JOB])
    lease = postgres.jobs.open_lease("w", "default", LEASE_S)
    (job,) = postgres.jobs.step(lease.id, [], 1).claimed
    done = Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.1)
    with psycopg.connect(postgres_url) as sweeper, ThreadPoolExecutor(1) as pool:
        sweeper.execute("select 1 from queuetui_lease for update")
        asked = in_thread(pool, lambda: postgres.jobs.step(lease.id, [done], 1), postgres_url)
        sweeper.execute("delete from queuetui_lease")
        sweeper.commit()
        step = asked.result(60)
    assert (step.accepted, step.claimed, step.lease_valid) == (frozenset(), (), False)
    (swept,) = postgres.jobs.sweep(10)
    assert swept.job_id == job.id
    assert [attempt.outcome for attempt in postgres.inspector.attempts(job.id)] == ["ack_lost"]


def test_a_renewal_does_not_wait_for_a_step(postgres: SqlBackend, postgres_url: str) -> None:
    """A lease is prolonged while a step under it is still open: a slow write must not cost the lease."""
    lease = postgres.jobs.open_lease("w", "default", LEASE_S)
    with psycopg.connect(postgres_url) as stepping:
        stepping.execute("select 1 from queuetui_lease for key share")
        assert postgres.jobs.renew([lease.id], LEASE_S).valid == {lease.id}


def test_another_kind_of_transaction_is_not_joined(postgres: SqlBackend) -> None:
    """A connection to another kind of database is refused with the kind that is needed."""
    other = create_engine("sqlite://")
    with other.connect() as connection, pytest.raises(Unsupported, match=r"postgresql\+psycopg"):
        postgres.jobs.enqueue([JOB], connection)
    other.dispose()


def test_a_sweep_that_is_late_takes_no_job_from_a_newer_lease(postgres: SqlBackend, postgres_url: str) -> None:
    """A job without a lease that somebody else frees and claims while a sweep looks at it stays with its new lease."""
    postgres.jobs.enqueue([NewJob(JOB.id, "T", b"{}")])
    postgres.jobs.step(postgres.jobs.open_lease("w1", "default", LEASE_S).id, [], 1)
    with psycopg.connect(postgres_url) as late:
        late.execute("delete from queuetui_lease")
        late.commit()
        # A cursor sees what there was when it was declared, and locks when it is read.
        late.execute(
            b"declare looking cursor for " + load_blocks("postgresql")["take_unleased"].encode(), {"limit": 10}
        )
        assert [one.job_id for one in postgres.jobs.sweep(10)] == [JOB.id]
        assert len(postgres.jobs.step(postgres.jobs.open_lease("w2", "default", LEASE_S).id, [], 1).claimed) == 1
        assert late.execute("fetch all from looking").fetchall() == []
