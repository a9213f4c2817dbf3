"""What happens when two do things at the same moment on InnoDB; each race is held open and then let go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from pymysql.cursors import Cursor
from sqlalchemy import create_engine

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.session import Session
from queuetui.model.errors import BadPayload, Unsupported
from queuetui.model.job import Ending, Enqueued, NewJob, Settlement
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.servers.mysql import connect_mysql
from tests.waiting import wait_until

T = TypeVar("T")
JOB = NewJob("0190a5f0-0000-7000-8000-000000000001", "T", b"{}", idempotency_key="k")
LEASE_S = 30.0
WAITS = "select count(*) from information_schema.innodb_trx where trx_state = 'LOCK WAIT'"


@contextmanager
def transaction(url: str) -> Iterator[Cursor]:
    """Open a transaction of somebody else's."""
    with connect_mysql(url) as connection, connection.cursor() as cursor:
        cursor.execute("set session transaction isolation level read committed")
        cursor.execute("begin")
        yield cursor
        connection.rollback()


def in_thread(pool: ThreadPoolExecutor, ask: Callable[[], T], url: str) -> Future[T]:
    """Ask in a thread and return once its statement waits for a lock."""
    asked = pool.submit(ask)
    with connect_mysql(url) as connection, connection.cursor() as cursor:

        def waits() -> bool:
            cursor.execute(WAITS)
            return bool(cursor.fetchone() != (0,))

        # InnoDB shows what it showed last until nobody has asked for 0.1 s.
        wait_until(waits, interval_s=0.15, awaiting="a statement that waits for a lock")
    return asked


@pytest.mark.parametrize("commits", [True, False])
def test_a_key_waits_for_its_holder(backend: SqlBackend, url: str, *, commits: bool) -> None:
    """A key held by a transaction that is still open is answered once it ended: taken if it committed, free if it did not."""
    engine = create_engine(url.replace("mysql://", "mysql+pymysql://"))
    other = NewJob("0190a5f0-0000-7000-8000-000000000002", "T", b"{}", idempotency_key="k")
    with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        backend.jobs.enqueue([JOB], connection)
        asked = in_thread(pool, lambda: backend.jobs.enqueue([other]), url)
        connection.commit() if commits else connection.rollback()
        (answer,) = asked.result(60)
    engine.dispose()
    assert (answer.created, answer.id) == ((False, JOB.id) if commits else (True, other.id))


def test_a_job_sent_twice_at_once_is_stored_once(backend: SqlBackend, url: str) -> None:
    """A resend that waits for the first sending answers with its job."""
    engine = create_engine(url.replace("mysql://", "mysql+pymysql://"))
    job = NewJob(JOB.id, "T", b"{}")
    with engine.connect() as connection, ThreadPoolExecutor(1) as pool:
        backend.jobs.enqueue([job], connection)
        asked = in_thread(pool, lambda: backend.jobs.enqueue([job]), url)
        connection.commit()
        assert asked.result(60) == (Enqueued(JOB.id, created=False, state=State.PENDING),)
    engine.dispose()
    assert len(backend.jobs.step(backend.jobs.open_lease("w", "default", LEASE_S).id, [], 10).claimed) == 1


def test_a_job_sent_again_while_it_ends_is_not_run_again(backend: SqlBackend, url: str) -> None:
    """A resend beside the very transaction that ends its job answers with the job as it was before or after, and brings nothing back."""
    job = NewJob(JOB.id, "T", b"{}")
    backend.jobs.enqueue([job])
    columns = (
        "id, due_at, created_at, updated_at, priority, fence, rev, attempts, max_attempts, lost, lost_alone, state, `blob`, queue, type,"
        " tags, needs, payload"
    )
    with transaction(url) as ending, ThreadPoolExecutor(1) as pool:
        ending.execute(
            f"insert into queuetui_job_done ({columns}, done_at, expires_at) select {columns}, 1, 9e15 from queuetui_job"
        )
        ending.execute("update queuetui_job_done set state = 5")
        ending.execute("delete from queuetui_job")
        asked = pool.submit(lambda: backend.jobs.enqueue([job]))
        ending.connection.commit()
        (answer,) = asked.result(60)
    assert (answer.id, answer.created) == (JOB.id, False)
    assert answer.state in {State.PENDING, State.COMPLETED}
    assert backend.jobs.enqueue([job]) == (Enqueued(JOB.id, created=False, state=State.COMPLETED),)
    assert backend.jobs.queues_ready(None) == ()


def test_a_sweep_waits_for_nobody(backend: SqlBackend, url: str) -> None:
    """A sweep passes over an expired lease that somebody is working on, and takes it afterwards."""
    backend.jobs.enqueue([JOB])
    lease = backend.jobs.open_lease("w", "default", LEASE_S)
    assert len(backend.jobs.step(lease.id, [], 1).claimed) == 1
    with transaction(url) as ender:
        ender.execute("update queuetui_lease set until = 1")
        ender.connection.commit()
    with transaction(url) as holder:
        holder.execute("select 1 from queuetui_lease lock in share mode")
        assert backend.jobs.sweep(10) == ()
    assert [swept.job_id for swept in backend.jobs.sweep(10)] == [JOB.id]


def test_a_step_that_waits_for_a_sweep_is_stale(backend: SqlBackend, url: str) -> None:
    """When the sweep's transaction has the lease first, an ending that waited for it is refused."""
    backend.jobs.enqueue([JOB])
    lease = backend.jobs.open_lease("w", "default", LEASE_S)
    (job,) = backend.jobs.step(lease.id, [], 1).claimed
    done = Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.1)
    with transaction(url) as sweeper, ThreadPoolExecutor(1) as pool:
        sweeper.execute("select 1 from queuetui_lease for update")
        asked = in_thread(pool, lambda: backend.jobs.step(lease.id, [done], 1), url)
        sweeper.execute("delete from queuetui_lease")
        sweeper.connection.commit()
        step = asked.result(60)
    assert (step.accepted, step.claimed, step.lease_valid) == (frozenset(), (), False)
    assert [swept.job_id for swept in backend.jobs.sweep(10)] == [JOB.id]
    assert [attempt.outcome for attempt in backend.inspector.attempts(job.id)] == ["ack_lost"]


def test_claims_and_promotions_pass_over_what_is_locked(backend: SqlBackend, url: str) -> None:
    """Neither a claim nor a promotion waits for a job that somebody has locked; both take the next one."""
    jobs = [NewJob(f"0190a5f0-0000-7000-8000-00000000000{number}", "T", b"{}", delay_s=0.01) for number in range(3)]
    backend.jobs.enqueue(jobs)
    with transaction(url) as holder:
        holder.execute("select 1 from queuetui_job where id = %s for update", (UUID(jobs[0].id).bytes,))
        wait_until(lambda: backend.jobs.next_due_s() == 0.0 and backend.jobs.promote(10) == 2)
        lease = backend.jobs.open_lease("w", "default", LEASE_S)
        assert {job.id for job in backend.jobs.step(lease.id, [], 10).claimed} == {job.id for job in jobs[1:]}
    assert backend.jobs.promote(10) == 1


def test_workers_do_not_wait_for_each_others_new_jobs(backend: SqlBackend, url: str) -> None:
    """A transaction of ours that looked for jobs that are not there locks no gap: others insert beside it."""
    with transaction(url) as looker:
        looker.execute("select 1 from queuetui_job where queue = 'default' and state = 1 for update")
        assert backend.jobs.enqueue([JOB])[0].created


def test_a_deadlock_is_tried_again(backend: SqlBackend) -> None:
    """When the server breaks a deadlock the loser does its work again, and both are done."""
    for worker in "ab":
        backend.jobs.open_lease(worker, "default", LEASE_S)
    met = threading.Barrier(2, timeout=60)

    def touch_both(order: str) -> int:
        tries = 0

        def touch(session: Session) -> int:
            nonlocal tries
            tries += 1
            for place, worker in enumerate(order):
                session.execute(
                    "update queuetui_lease set until = until + 1 where worker_id = %(worker)s", {"worker": worker}
                )
                if place == 0 and tries == 1:
                    met.wait()
            return tries

        return backend.database.write("touching", touch)

    with backend.database.writing("indexing") as connection:
        # Without an index each update locks every lease, and there is no deadlock to break.
        connection.exec_driver_sql("create index by_worker on queuetui_lease (worker_id)")
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(touch_both, ("ab", "ba"))) == [1, 2]


def test_another_kind_of_transaction_is_not_joined(backend: SqlBackend) -> None:
    """A connection to another kind of database is refused with the kind that is needed."""
    other = create_engine("sqlite://")
    with other.connect() as connection, pytest.raises(Unsupported, match=r"mysql\+pymysql"):
        backend.jobs.enqueue([JOB], connection)
    other.dispose()


@pytest.mark.parametrize("field", ["queue", "type", "correlation_id", "idempotency_key"])
def test_a_name_that_would_be_cut_is_refused(backend: SqlBackend, url: str, field: str) -> None:
    """A name longer than its column is refused, also in a caller's transaction whose server would cut it silently."""
    engine = create_engine(url.replace("mysql://", "mysql+pymysql://"))
    names = {"queue": "q", "type": "T", field: "\u2603" * 256}
    job = NewJob(str(uuid4()), payload=b"{}", **names)  # type: ignore[arg-type] # texts only
    with engine.begin() as connection:
        connection.exec_driver_sql("set sql_mode = ''")
        for caller in (None, connection):
            with pytest.raises(BadPayload, match="256 characters"):
                backend.jobs.enqueue([job], caller)
    names[field] = "\u2603" * 255
    assert backend.jobs.enqueue([NewJob(str(uuid4()), payload=b"{}", **names)])[0].created  # type: ignore[arg-type] # texts only
    engine.dispose()


@pytest.mark.parametrize("charset", ["utf8mb4", "latin1"])
def test_names_are_the_same_only_by_every_byte(mysql_url: str, charset: str) -> None:
    """Case, accents, spaces at the end and odd signs tell names and keys apart, whatever texts the database is made for."""
    with connect_mysql(mysql_url) as connection, connection.cursor() as cursor:
        cursor.execute(f"alter database character set {charset}")
    backend = open_backend(mysql_url, BackendOptions(create=True))
    names = ["mail", "Mail", "mail ", "m\u00e1il", "ma\u0301il", "\u2603", "\U0001f600", 'a"b\\c', "tab\t", "%s"]
    for name in names:
        assert backend.jobs.enqueue([NewJob(str(uuid4()), "T", b"{}", queue=name, idempotency_key=name)])[0].created
    assert backend.jobs.queues_ready(names) == tuple(names)
    assert set(backend.jobs.queues_ready(None)) == set(names)
    assert {queue.name.raw for queue in backend.inspector.snapshot(Watch()).queues} == set(names)
    backend.close()
