"""The Laravel capture in each of its three databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.captures import Capture, load_capture

URL_FIXTURES = {"sqlite": "sqlite_url", "postgres": "postgres_url", "mariadb": "mysql_url"}
SERVERS = {"postgres": "postgres_server", "mariadb": "mysql_server"}


@pytest.fixture(params=list(URL_FIXTURES))
def capture(request: pytest.FixtureRequest) -> Iterator[Capture]:
    """The capture, loaded into an empty database of each kind in turn."""
    url = request.getfixturevalue(URL_FIXTURES[request.param])
    loaded = load_capture("laravel", "laravel-db", request.param, url)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module", params=list(URL_FIXTURES))
def loaded_capture(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Capture]:
    """The capture in a database of each kind, loaded once a module."""
    store = request.param
    server = None if store == "sqlite" else request.getfixturevalue(SERVERS[store])
    url = f"sqlite:///{tmp_path_factory.mktemp('capture') / 'queue.db'}" if server is None else server.create_database()
    yield load_capture("laravel", "laravel-db", store, url)
    if server is not None:
        server.drop_database(url)


@pytest.fixture
def read_capture(loaded_capture: Capture) -> Iterator[Capture]:
    """The capture of each kind, for tests that only read."""
    yield loaded_capture
    loaded_capture.close()
