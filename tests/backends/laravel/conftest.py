"""The Laravel capture in each of its three databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture, load_capture

URL_FIXTURES = {"sqlite": "sqlite_url", "postgres": "postgres_url", "mariadb": "mysql_url"}


@pytest.fixture(params=list(URL_FIXTURES))
def capture(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """The capture, loaded into an empty database of each kind in turn."""
    url = request.getfixturevalue(URL_FIXTURES[request.param])
    loaded = load_capture("laravel", "laravel-db", request.param, url)
    yield loaded
    loaded.close()
