"""A worker in a process of its own, ended through its own process id."""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.peers.contenders import Contender
from benchmarks.peers.environments import NotRun, last_words

STAMP_BYTES = 8
COMMAND_LIMIT_S = 120
END_LIMIT_S = 5


@dataclass(frozen=True)
class Site:
    """One run of one contender: its store, its stamps, what its worker says."""

    contender: Contender
    url: str
    folder: Path

    @property
    def stamps(self) -> Path:
        """The file that every job appends its time to."""
        return self.folder / "stamps"

    def variables(self) -> dict[str, str]:
        """Return the environment variables of everything that runs here."""
        own = {"BENCH_URL": self.url, "BENCH_STAMPS": str(self.stamps), **dict(self.contender.variables)}
        return {**self.contender.environment.variables(), **own}

    def command(self, name: str, count: int) -> object:
        """Run one command of the contender's program and return what it found. Raises NotRun when it fails."""
        environment = self.contender.environment
        done = subprocess.run(
            [*environment.program(self.contender.program), name, str(count)],
            cwd=environment.working_folder,
            env=self.variables(),
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_LIMIT_S,
        )
        if done.returncode != 0:
            raise NotRun(f"{self.contender.name}: {name} failed: {last_words(done.stderr)}")
        found: object = json.loads(done.stdout.strip().splitlines()[-1])
        return found

    def stamps_ns(self) -> list[int]:
        """Return the time of every job so far."""
        data = self.stamps.read_bytes()
        whole = len(data) - len(data) % STAMP_BYTES
        return [int.from_bytes(data[at : at + STAMP_BYTES], "little") for at in range(0, whole, STAMP_BYTES)]

    def count(self) -> int:
        """Return how many jobs have run."""
        return self.stamps.stat().st_size // STAMP_BYTES

    @contextmanager
    def worker(self) -> Iterator[psutil.Process]:
        """Start the worker and end it, with all its children."""
        environment = self.contender.environment
        command = environment.fill(self.contender.work, url=self.url)
        with (self.folder / "worker.log").open("wb") as log:
            process = subprocess.Popen(
                command,
                cwd=environment.working_folder,
                env=self.variables(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            yield psutil.Process(process.pid)
            if process.poll() is not None:
                said = (self.folder / "worker.log").read_text(errors="replace")
                raise NotRun(f"{self.contender.name}: the worker ended by itself: {last_words(said)}")
        finally:
            _end(process)


@contextmanager
def site(contender: Contender, url: str) -> Iterator[Site]:
    """Prepare a store for a contender."""
    with TemporaryDirectory(prefix="qt-bench-") as folder:
        made = Site(contender, url, Path(folder))
        made.stamps.touch()
        made.command("prepare", 0)
        yield made


def _end(process: subprocess.Popen[bytes]) -> None:
    family = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for child in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()
