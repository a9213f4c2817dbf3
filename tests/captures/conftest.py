"""Every capture there is, each in a database of its own: those beside the tests, and those of QUEUETUI_EXTRA_FIXTURES."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.backends.captures import FIXTURES, Capture
from tests.captures.expectations import EXPECTATIONS, Expectation
from tests.captures.stores import STORES, Store

_OWN = ("pg-boss", "pg-boss12", "rq-1.16", "rq-2", "rq-3", "sidekiq-6", "plain-tables")


@dataclass(frozen=True)
class Folder:
    """A folder with `truth.json` and the file of a store; several captures of one folder have names, as in `truth.NAME.json`."""

    path: Path
    file: str
    kind: str
    name: str = ""

    @property
    def store(self) -> Store:
        """The kind of store that it is of."""
        return STORES[self.kind]

    @property
    def truth(self) -> dict[str, Any]:
        """What is true of each job."""
        file = f"truth.{self.name}.json" if self.name else "truth.json"
        found: dict[str, Any] = json.loads((self.path / file).read_text(encoding="utf-8"))
        for job in found["jobs"].values():
            # A table without queues is one queue.
            job.setdefault("queue", "default")
        return found

    @property
    def expectation(self) -> Expectation:
        """What its system does."""
        system = self.truth["system"]
        assert system in EXPECTATIONS, f"nothing is declared in tests/captures/expectations.py for {system}"
        return EXPECTATIONS[system]

    def load(self, url: str) -> Capture:
        """Load the capture into the empty database at a URL."""
        self.store.load(self.path / self.file, url)
        return Capture(self.expectation.kind, url, self.truth)


def _captures_in(path: Path) -> Iterator[Folder]:
    for kind in STORES:
        if (path / kind).is_file() and (path / "truth.json").is_file():
            yield Folder(path, kind, kind)
        for dump in sorted(path.glob(kind.replace(".", ".*.", 1))):
            yield Folder(path, dump.name, kind, dump.name.split(".")[1])


def _folders() -> list[Folder]:
    extra = [Path(each) for each in os.environ.get("QUEUETUI_EXTRA_FIXTURES", "").split(os.pathsep) if each]
    paths = [*(FIXTURES / name for name in _OWN), *extra]
    found = [folder for path in paths for folder in _captures_in(path)]
    without = set(extra) - {folder.path for folder in found}
    assert not without, f"no capture there, a folder holds truth.json and one of {', '.join(STORES)}: {without}"
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each capture, or on those of one core where its module names it as CORE."""
    if "folder" in metafunc.fixturenames:
        core = getattr(metafunc.module, "CORE", None)
        folders = [one for one in _folders() if core in (None, one.store.core)]
        metafunc.parametrize(
            "folder", folders, ids=lambda one: f"{one.path.name}-{one.name or one.store.core}", scope="module"
        )


@pytest.fixture(scope="module")
def server(folder: Folder, request: pytest.FixtureRequest) -> Any:
    """The server that the capture's store is."""
    return request.getfixturevalue(folder.store.server)


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
