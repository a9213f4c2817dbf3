"""Joining a caller's transaction: the job exists exactly when the caller's own row does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine, text

from queuetui.backends.backend import NativeBackend
from queuetui.model.errors import Unsupported
from tests.conformance.scenes import add, add_one, claim_one, ids, new_job, select
from tests.conformance.stores import KINDS, Store

WITHOUT_TRANSACTIONS = ("memory", "redis")
joins = pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in WITHOUT_TRANSACTIONS])


@pytest.fixture
def engine(store: Store, backend: NativeBackend) -> Iterator[Engine]:
    """The caller's own engine on the same store, with a table of its own."""
    drivers = {"postgresql": "postgresql+psycopg", "mysql": "mysql+pymysql"}
    kind, _, place = store.url.partition(":")
    made = create_engine(f"{drivers.get(kind, kind)}:{place}")
    with made.begin() as connection:
        connection.execute(text("create table if not exists orders (id integer)"))
        connection.execute(text("delete from orders"))
    yield made
    made.dispose()


def orders(engine: Engine) -> int:
    """Return the number of the caller's rows."""
    with engine.connect() as connection:
        return int(connection.execute(text("select count(*) from orders")).scalar_one())


@joins
def test_a_commit_stores_both(engine: Engine, backend: NativeBackend) -> None:
    """After the commit the row and the job are there, and the job can be claimed."""
    job = new_job(idempotency_key="order-1")
    with engine.begin() as connection:
        connection.execute(text("insert into orders values (1)"))
        (answer,) = backend.jobs.enqueue([job], connection)
    assert (answer.created, orders(engine)) == (True, 1)
    assert claim_one(backend)[1].id == job.id


@joins
def test_a_rollback_stores_neither(engine: Engine, backend: NativeBackend) -> None:
    """After a rollback there is no job, and its key is free."""
    with engine.connect() as connection:
        connection.execute(text("insert into orders values (1)"))
        assert backend.jobs.enqueue([new_job(idempotency_key="order-1")], connection)[0].created
        connection.rollback()
    assert (select(backend), orders(engine)) == ([], 0)
    add(backend, idempotency_key="order-1")


@joins
def test_nothing_is_seen_before_the_commit(engine: Engine, backend: NativeBackend) -> None:
    """Until the caller commits no reader sees the job."""
    with engine.connect() as connection:
        connection.execute(text("insert into orders values (1)"))
        (answer,) = backend.jobs.enqueue([new_job()], connection)
        assert select(backend) == []
        connection.commit()
    assert ids(select(backend)) == [answer.id]


@joins
def test_a_duplicate_leaves_the_transaction_whole(engine: Engine, backend: NativeBackend) -> None:
    """A job that is there already is answered, and the caller's other writes are committed."""
    first = add_one(backend, idempotency_key="order-1")
    with engine.begin() as connection:
        connection.execute(text("insert into orders values (1)"))
        (answer,) = backend.jobs.enqueue([new_job(idempotency_key="order-1")], connection)
        connection.execute(text("insert into orders values (2)"))
    assert (answer.created, answer.id, orders(engine)) == (False, first, 2)


@pytest.mark.parametrize("kind", WITHOUT_TRANSACTIONS)
def test_a_backend_without_transactions_says_so(backend: NativeBackend) -> None:
    """Where no transaction can be joined the caller is told, and nothing is stored."""
    other = create_engine("sqlite://")
    with other.connect() as connection, pytest.raises(Unsupported):
        backend.jobs.enqueue([new_job()], connection)
    other.dispose()
    assert select(backend) == []
