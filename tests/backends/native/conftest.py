"""A queue of ours on each dialect, with its schema and no rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.database import Database
from tests.backends.native.seeds import Seed

DIALECTS = {"sqlite": "migrated_sqlite_url", "postgresql": "migrated_postgres_url", "mysql": "migrated_mysql_url"}


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
