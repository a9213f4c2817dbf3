"""A queue of ours on each dialect, with its schema and no rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.database import Database
from tests.backends.native.seeds import Seed

DIALECTS = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url", "mysql": "migrated_mysql_url"}
SERVERS = {"postgresql": "postgres_server", "mysql": "mysql_server"}


@contextmanager
def open_own_queue(
    request: pytest.FixtureRequest, factory: pytest.TempPathFactory, dialect: str
) -> Iterator[SqlBackend]:
    """Open a queue that no other test empties, for rows that a whole module only reads."""
    server = request.getfixturevalue(SERVERS[dialect]) if dialect in SERVERS else None
    url = f"sqlite:///{factory.mktemp('own') / 'queue.db'}" if server is None else server.create_database()
    backend = open_backend(url, BackendOptions(name="here", create=True))
    yield backend
    backend.close()
    if server is not None:
        server.drop_database(url)


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of a queue without rows on each dialect in turn."""
    return str(request.getfixturevalue(DIALECTS[request.param]))


@pytest.fixture
def backend(url: str) -> Iterator[SqlBackend]:
    """A backend on a queue without rows."""
    opened = open_backend(url, BackendOptions(name="here", create=True))
    yield opened
    opened.close()


@pytest.fixture
def database(backend: SqlBackend) -> Database:
    """The database of that backend."""
    return backend.database


@pytest.fixture
def seed(database: Database) -> Seed:
    """A writer of rows."""
    return Seed(database, datetime.now(UTC))
