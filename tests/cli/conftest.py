"""Running command lines, in this process and in one of their own, against a store with jobs in every state."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.cli.main import run
from tests.architecture.source import ROOT
from tests.cli.scenes import Answer, Scene

# The command line does the same whatever the store is, and that the stores agree is proved by the conformance suite;
# of each group of commands one test runs on a server too.
EVERY_STORE = pytest.mark.parametrize("store_kind", ["sqlite", "postgres"])
Invoke = Callable[..., Answer]
# Stands for a password in a URL.
SECRET = "hunter2-s3cr3t"

_names = itertools.count(1)


@pytest.fixture
def invoke(capsys: pytest.CaptureFixture[str]) -> Invoke:
    """Run a command line in this process."""

    def run_line(*arguments: str) -> Answer:
        capsys.readouterr()
        code = run(list(arguments))
        return Answer(code, *capsys.readouterr())

    return run_line


@pytest.fixture
def refused(invoke: Invoke) -> Invoke:
    """Run a command line that must fail, and check that it repeats no password."""

    def run_line(*arguments: str) -> Answer:
        answer = invoke(*arguments)
        assert SECRET not in answer.out + answer.err
        return answer

    return run_line


@pytest.fixture
def spawn(tmp_path: Path) -> Invoke:
    """Run a command line in a process of its own."""

    def run_line(*arguments: str, stdin: str = "", environment: Mapping[str, str] | None = None) -> Answer:
        done = subprocess.run(
            [sys.executable, "-m", "queuetui", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), **(environment or {})},
            input=stdin.encode(),
            capture_output=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run_line


@pytest.fixture
def store_kind() -> str:
    """The kind of store: a file, unless a test asks for every one."""
    return "sqlite"


@pytest.fixture
def url(request: pytest.FixtureRequest, store_kind: str) -> str:
    """The URL of an empty queue."""
    found: str = request.getfixturevalue(f"migrated_{store_kind}_url")
    return found


@pytest.fixture
def scene(url: str, invoke: Invoke) -> Iterator[Scene]:
    """A store with our tables in it and no job."""
    backend = open_native(url, BackendOptions(create=True))
    yield Scene(url, backend, lambda *arguments: invoke("--url", url, *arguments))
    backend.close()


@pytest.fixture
def busy(scene: Scene) -> Scene:
    """A store with jobs in every state, one of them orphaned."""
    scene.fill()
    return scene


@pytest.fixture
def quick(invoke: Invoke) -> Iterator[Scene]:
    """An empty store in memory, for what no store can change."""
    url = f"memory://cli-{next(_names)}"
    backend = open_native(url, BackendOptions(create=True))
    yield Scene(url, backend, lambda *arguments: invoke("--url", url, *arguments))
    backend.close()
