"""One backend on one empty store a test, of each kind in turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from queuetui.backends.base import NativeBackend
from tests.conformance.event_scenes import switch
from tests.conformance.population import populate
from tests.conformance.stores import KINDS, Store, fresh_store
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer

FreshStore = Callable[[], AbstractContextManager[Store]]


@pytest.fixture(scope="module", params=KINDS)
def population(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NativeBackend]:
    """A backend on a varied population, for tests that only read."""
    url = find_server(request, request.param, "population")
    with fresh_store(request.param, tmp_path_factory.mktemp("population"), url) as store:
        backend = store.open()
        populate(backend)
        yield backend


@pytest.fixture(scope="session")
def suite_postgresql(postgres_server: PostgresServer) -> Iterator[str]:
    """The one PostgreSQL database of the suite, emptied before each test."""
    yield from new_database(postgres_server)


@pytest.fixture(scope="session")
def suite_mysql(mysql_server: MysqlServer) -> Iterator[str]:
    """The one MariaDB database of the suite, emptied before each test."""
    yield from new_database(mysql_server)


@pytest.fixture(scope="session")
def population_postgresql(postgres_server: PostgresServer) -> Iterator[str]:
    """A PostgreSQL database that no other test empties."""
    yield from new_database(postgres_server)


@pytest.fixture(scope="session")
def population_mysql(mysql_server: MysqlServer) -> Iterator[str]:
    """A MariaDB database that no other test empties."""
    yield from new_database(mysql_server)


def new_database(server: PostgresServer | MysqlServer) -> Iterator[str]:
    """Make a database, and drop it afterwards."""
    url = server.create_database()
    yield url
    server.drop_database(url)


def find_server(request: pytest.FixtureRequest, kind: str, use: str) -> str | None:
    """Return the URL that stores of a kind are made at, None for those that need no server; databases of SQL servers are made for a use."""
    if kind in {"postgresql", "mysql"}:
        return str(request.getfixturevalue(f"{use}_{kind}"))
    if kind == "redis":
        server: RedisServer = request.getfixturevalue("redis_server")
        return server.url
    return None


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of store that the test runs over."""
    return str(request.param)


@pytest.fixture
def make_store(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> FreshStore:
    """A maker of empty stores, for tests that need many."""
    return partial(fresh_store, kind, tmp_path, find_server(request, kind, "suite"))


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
