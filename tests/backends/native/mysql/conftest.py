"""A queue of ours on a MariaDB or MySQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend


@pytest.fixture
def url(mysql_url: str) -> str:
    """The URL of an empty database."""
    return mysql_url


@pytest.fixture
def backend(url: str) -> Iterator[SqlBackend]:
    """A backend on a fresh schema."""
    opened = open_backend(url, BackendOptions(name="here", create=True))
    yield opened
    opened.close()
