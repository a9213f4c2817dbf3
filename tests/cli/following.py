"""A command that follows what comes, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.architecture.source import ROOT
from tests.bounded import bounded
from tests.cli.scenes import Scene


@contextmanager
def following(scene: Scene, command: str, *options: str) -> Iterator[IO[str]]:
    """Give what a command that follows writes into a pipe."""
    # A pipe is to be buffered, as it usually is.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    process = subprocess.Popen(
        [sys.executable, "-m", "queuetui", command, "--follow", "--url", scene.url, *options],
        env={**kept, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with bounded(process):
        yield process.stdout
        process.kill()
