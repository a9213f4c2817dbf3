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
from tests.captures.expected import gather_expectations
from tests.captures.expected.declaration import Expectation
from tests.captures.stores import STORES, JoinedServers, JoinedStore, SqliteFolder, Store

EXPECTATIONS = gather_expectations()


@dataclass(frozen=True)
class Folder:
    """A file of a store with the file of what is true of it: `dump.postgres.sql` has `truth.json` or `truth.postgres.json`.

    Of several captures in one folder each has a name: `dump.NAME.postgres.sql` has `truth.NAME.json` or `truth.NAME.postgres.json`, and
    `keys-NAME.jsonl` has `truth-NAME.json`. Where several systems live in one database each has a truth: `truth.SYSTEM.postgres.json`,
    or `truth.SYSTEM.keys.json` in Redis.
    """

    path: Path
    file: str
    kind: str
    true: str

    @property
    def name(self) -> str:
        """What tells it from the others of its folder."""
        return self.file.removeprefix("dump.").removesuffix(".sql").removesuffix(".jsonl")

    @property
    def part(self) -> str:
        """The system, where several live in one database."""
        parts = self.true.split(".")
        return f"-{parts[1]}" if len(parts) > len(self.file.split(".")) else ""

    @property
    def store(self) -> Store:
        """The kind of store that it is of."""
        first, second = STORES[self.kind], self.beside
        return first if second is None else JoinedStore(first, STORES[f"dump.{second.name.split('.')[1]}.sql"], second)

    @property
    def beside(self) -> Path | None:
        """The file of a second store that holds the rest of the jobs, such as `failed.sqlite.sql` beside `keys.jsonl`."""
        if STORES[self.kind].core != "keys":
            return None
        return next((one for one in sorted(self.path.glob("*.*.sql")) if one.name.split(".")[0] != "dump"), None)

    @property
    def truth(self) -> dict[str, Any]:
        """What is true of each job, by the id that it is shown by."""
        found: dict[str, Any] = json.loads((self.path / self.true).read_text(encoding="utf-8"))
        for job in found["jobs"].values():
            # A table without queues is one queue, but where each entrypoint is one.
            job.setdefault("queue", job.get("entrypoint", "default"))
            job.setdefault("stored", True)
        expected = EXPECTATIONS.get(found["system"])
        if expected is None:
            return found
        for job in found["jobs"].values():
            job["queue"] = expected.queue_of(job["queue"])
        return found | {"jobs": {expected.shown_by(name, job): job for name, job in found["jobs"].items()}}

    @property
    def expectation(self) -> Expectation:
        """What its system does."""
        system = self.truth["system"]
        assert system in EXPECTATIONS, f"nothing is declared below tests/captures/expected for {system}"
        return EXPECTATIONS[system]

    def load(self, url: str) -> Capture:
        """Load the capture into the empty database at a URL."""
        self.store.load(self.path / self.file, url)
        self.expectation.lend(url)
        return Capture(self.expectation.kind, url, self.truth)


def _captures_in(path: Path) -> Iterator[Folder]:
    for kind in STORES:
        first, _, ending = kind.partition(".")
        store = "keys" if first == "keys" else ending.removesuffix(".sql")
        for file in sorted({*path.glob(kind), *path.glob(f"{first}[.-]*.{ending}")}):
            name = file.name.removeprefix(first).removesuffix(ending).rstrip(".")
            for true in _truths_of(path, name, store):
                yield Folder(path, file.name, kind, true)


def _truths_of(path: Path, name: str, store: str) -> list[str]:
    """Return the files that say what is true of one file: the nearest to its name, or one for each system of its store."""
    nearest = (f"truth{name}.{store}.json", f"truth{name}.json")
    found = [one for one in nearest if (path / one).is_file()][:1]
    return found or sorted(one.name for one in path.glob(f"truth.*.{store}.json") if not name)


def _folders() -> list[Folder]:
    named = [Path(each) for each in os.environ.get("QUEUETUI_EXTRA_FIXTURES", "").split(os.pathsep) if each]
    extra = [path for one in named for path in _folders_in(one)]
    paths = [*sorted(FIXTURES.iterdir()), *extra]
    found = [folder for path in paths for folder in _captures_in(path)]
    without = set(extra) - {folder.path for folder in found}
    assert not without, f"no capture there, a folder holds truth.json and one of {', '.join(STORES)}: {without}"
    return found


def _folders_in(path: Path) -> list[Path]:
    """Return the folders of captures in one and below it, itself where there are none."""
    inner = [found for one in sorted(path.glob("*/")) for found in _find_below(one)]
    return ([path] if any(_captures_in(path)) else []) + inner or [path]


def _find_below(path: Path) -> list[Path]:
    return [one for one in _folders_in(path) if any(_captures_in(one))]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each capture, or on those of one core where its module names it as CORE, and that it holds for MEANT."""
    if "folder" in metafunc.fixturenames:
        core = getattr(metafunc.module, "CORE", None)
        is_meant = getattr(metafunc.module, "MEANT", lambda _: True)
        found = [one for one in _folders() if core in (None, one.store.core) and is_meant(one)]
        metafunc.parametrize("folder", found, ids=lambda one: f"{one.path.name}-{one.name}{one.part}", scope="module")


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> SqliteFolder:
    """What stands for a server where there is none."""
    return SqliteFolder(tmp_path_factory.mktemp("captures"))


@pytest.fixture(scope="module")
def server(folder: Folder, request: pytest.FixtureRequest) -> Any:
    """The server that the capture's store is."""
    first = request.getfixturevalue(folder.store.server)
    if folder.beside is None:
        return first
    second = STORES[f"dump.{folder.beside.name.split('.')[1]}.sql"]
    return JoinedServers(first, request.getfixturevalue(second.server))


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
