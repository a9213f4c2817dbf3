"""The native queue's databases for tests that look below the contract."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend

DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store of each dialect in turn."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    return str(request.getfixturevalue(name))


@pytest.fixture
def backend(url: str) -> Iterator[SqlBackend]:
    """A backend on a fresh schema."""
    opened = open_backend(url, BackendOptions(name="shop", create=True))
    yield opened
    opened.close()
