"""A queue of ours on each dialect, with its schema and no rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.database import Database, connect_database
from queuetui.backends.native.sql.migrating import migrate
from tests.backends.native.seeds import Seed


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty queue on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    made = connect_database(url, BackendOptions(name="here", create=True))
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def seed(database: Database) -> Seed:
    """A writer of rows."""
    return Seed(database, datetime.now(UTC))
