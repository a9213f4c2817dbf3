"""Behind a PgBouncer that hands its sessions from one transaction to the next, all works but the news of LISTEN."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.registry import NATIVE
from queuetui.model.act import Outcome, Verb
from queuetui.model.examination import Check
from queuetui.model.job import Ending
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.monitor.checkup import check_up
from tests.backends.captures import load_capture
from tests.backends.laravel.acts import choose, do
from tests.conformance.scenes import LIMITS, act_done, add, add_one, run, select
from tests.engine.working import WorkerThread, declare_handler
from tests.servers.pgbouncer import PgBouncer
from tests.waiting import wait_until

CREATE = BackendOptions(name="shop", kind=NATIVE, create=True)
SHOWN = (
    "statement_timeout",
    "lock_timeout",
    "timezone",
    "datestyle",
    "enable_seqscan",
    "default_transaction_read_only",
)


def shown_settings(url: str) -> list[str]:
    """Return what a client of the pooler that sets nothing finds in the server's session that it is given."""
    with psycopg.connect(url, autocommit=True, prepare_threshold=None) as connection:
        found = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in SHOWN]
    return [row[0] for row in found if row is not None]


@pytest.fixture(params=["", "?pgbouncer=true"], ids=["found-out", "named"])
def backend(request: pytest.FixtureRequest, postgres_url: str, pgbouncer: PgBouncer) -> Iterator[SqlBackend]:
    """A queue opened by way of the pooler, which is found out or named by the URL."""
    opened = open_backend(pgbouncer.url_for(postgres_url) + request.param, CREATE)
    yield opened
    opened.close()


def test_a_queue_lives_behind_a_pooler(backend: SqlBackend, postgres_url: str, pgbouncer: PgBouncer) -> None:
    """Jobs are stored one by one and in bulk, run, fail, are retried and looked at; no setting stays in the pooler's sessions."""
    before = shown_settings(pgbouncer.url_for(postgres_url))
    add(backend, 300)
    job_id = add_one(backend, queue="mail", idempotency_key="k")
    run(backend, Ending.FAILED, queue="mail")
    act_done(backend, Verb.RETRY, job_id)
    run(backend, queue="mail")
    assert backend.inspector.get(job_id).state is State.COMPLETED
    assert len(select(backend)) == 301
    assert not backend.inspector.snapshot(Watch()).problems
    assert shown_settings(pgbouncer.url_for(postgres_url)) == before


def test_workers_poll_behind_a_pooler(backend: SqlBackend) -> None:
    """There is no news to listen to, and two workers with several threads run all jobs once."""
    assert backend.jobs.listen(lambda _: None) is None
    assert backend.events.listen_events(lambda: None) is None
    ran: list[str] = []
    job_type = declare_handler(lambda _, context: ran.append(context.job_id))
    workers = [WorkerThread(backend, concurrency=2, sleep_s=0.05) for _ in range(2)]
    ids = {add_one(backend, type=job_type) for _ in range(30)}
    wait_until(lambda: {job.ref.id for job in select(backend, "state:completed")} == ids)
    for worker in workers:
        worker.stop()
    assert sorted(ran) == sorted(ids)


def test_the_doctor_says_that_there_is_no_news(backend: SqlBackend) -> None:
    """A look over the store names the pooler, and what that means for workers."""
    (notices,) = [one for one in check_up(backend, LIMITS, "0") if one.check is Check.NOTICES]
    assert "pooler" in notices.summary
    assert "polling" in notices.summary


def test_a_foreign_queue_is_read_and_mended_behind_a_pooler(postgres_url: str, pgbouncer: PgBouncer) -> None:
    """A console reads Laravel's tables by way of the pooler, and retries a failed job."""
    loaded = load_capture("laravel", "laravel-db", "postgres", postgres_url)
    capture = replace(loaded, url=pgbouncer.url_for(postgres_url))
    backend = capture.open()
    job = choose(backend, "state:failed")
    assert do(backend, Verb.RETRY, job.ref).outcome is Outcome.DONE
    assert not backend.inspector.snapshot(Watch()).problems
    capture.close()
