"""One backend on one empty store a test, of each kind in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from queuetui.backends.backend import NativeBackend
from tests.conformance.event_scenes import switch
from tests.conformance.population import populate
from tests.conformance.stores import KINDS, Store, fresh_store
from tests.servers.migrated import MigratedDatabase, copy_sqlite
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

FreshStore = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(scope="module", params=KINDS)
def population(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeBackend]:
    """A backend on a varied population, for tests that only read."""
    url = find_maker(request, request.param, "population")(tmp_path_factory.mktemp("population"))
    with fresh_store(request.param, url) as store:
        backend = store.open()
        populate(backend)
        yield backend


@pytest.fixture(scope="session")
def population_postgresql(postgres_server: PostgresServer) -> Iterator[MigratedDatabase]:
    """A PostgreSQL database that no other test empties."""
    yield from hold(MigratedDatabase(postgres_server))


@pytest.fixture(scope="session")
def population_mysql(mysql_server: MysqlServer) -> Iterator[MigratedDatabase]:
    """A MariaDB database that no other test empties."""
    yield from hold(MigratedDatabase(mysql_server))


def hold(database: MigratedDatabase) -> Iterator[MigratedDatabase]:
    """Hold a database, and drop it afterwards."""
    yield database
    database.remove()


def find_maker(request: pytest.FixtureRequest, kind: str, use: str) -> Callable[[Path], str]:
    """Return what makes an empty store of a kind in a folder and gives its URL; databases of SQL servers are made for a use."""
    if kind in {"postgresql", "mysql"}:
        database: MigratedDatabase = request.getfixturevalue(f"{use}_{kind}")
        return lambda _: database.take()
    if kind == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return lambda _: f"{server.url}?namespace={uuid4().hex}"
    if kind == "sqlite":
        return partial(copy_sqlite, request.getfixturevalue("migrated_sqlite"))
    return lambda _: f"memory://{uuid4().hex}"


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store that the test runs over."""
    return str(request.param)


@pytest.fixture
def make_store(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> FreshStore:
    """A maker of empty stores, of which one at a time is used, for tests that need many."""
    make = find_maker(request, kind, "migrated")
    return lambda: fresh_store(kind, make(tmp_path))


@pytest.fixture
def store(make_store: FreshStore) -> Iterator[Store]:
    """An empty store."""
    with make_store() as made:
        yield made


@pytest.fixture
def backend(store: Store) -> NativeBackend:
    """A backend on an empty store."""
    return store.open()


@pytest.fixture
def loud(backend: NativeBackend) -> NativeBackend:
    """A backend whose default queue logs its events."""
    switch(backend, on=True)
    return backend
