"""Every capture there is, each in a database of its own: those beside the tests, and those of QUEUETUI_EXTRA_FIXTURES."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backends.captures import FIXTURES, Capture, run_script
from tests.captures.expectations import EXPECTATIONS, Expectation

_SERVERS = {"postgres": "postgres_server", "mariadb": "mysql_server"}
_OWN = ("pg-boss", "pg-boss12")


@dataclass(frozen=True)
class Folder:
    """A folder with `dump.STORE.sql` and `truth.json`."""

    path: Path
    store: str

    @property
    def truth(self) -> dict[str, Any]:
        """What is true of each job."""
        found: dict[str, Any] = json.loads((self.path / "truth.json").read_text(encoding="utf-8"))
        return found

    @property
    def expectation(self) -> Expectation:
        """What its system does."""
        return EXPECTATIONS[self.truth["system"]]

    def load(self, url: str) -> Capture:
        """Load the dump into the empty database at a URL."""
        run_script(url, (self.path / f"dump.{self.store}.sql").read_text(encoding="utf-8"))
        return Capture(self.expectation.kind, url, self.truth)


def _folders() -> list[Folder]:
    extra = [Path(each) for each in os.environ.get("QUEUETUI_EXTRA_FIXTURES", "").split(os.pathsep) if each]
    paths = [*(FIXTURES / name for name in _OWN), *extra]
    return [Folder(path, dump.name.split(".")[1]) for path in paths for dump in sorted(path.glob("dump.*.sql"))]


@pytest.fixture(scope="module", params=_folders(), ids=lambda folder: f"{folder.path.name}-{folder.store}")
def folder(request: pytest.FixtureRequest) -> Folder:
    """One capture's folder."""
    found: Folder = request.param
    return found


@pytest.fixture(scope="module")
def server(folder: Folder, request: pytest.FixtureRequest) -> Any:
    """The server that the capture's store is."""
    return request.getfixturevalue(_SERVERS[folder.store])


@pytest.fixture(scope="module")
def loaded(folder: Folder, server: Any) -> Iterator[Capture]:
    """The capture in a database, loaded once a module, for tests that only read."""
    url = server.create_database()
    capture = folder.load(url)
    yield capture
    capture.close()
    server.drop_database(url)


@pytest.fixture
def fresh(folder: Folder, server: Any) -> Iterator[Capture]:
    """The capture in a database of the test's own."""
    url = server.create_database()
    capture = folder.load(url)
    yield capture
    capture.close()
    server.drop_database(url)
