"""The demo's worker processes, each ending with its parent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import queuetui
from queuetui.cli.demo.place import DemoPlace

APP = "queuetui.cli.demo.handlers"

# The steady workers look for expired leases every third of their own lease. The doomed one has a lease of 3 s: killed, it leaves an
# orphan that stays to be seen for some seconds until one of the others comes round. Nothing in the engine is bent for the demo.
STEADY = {
    "shop-1": ("-q", "orders", "-q", "mail", "-q", "sync", "-c", "4", "--lease", "45"),
    "shop-2": ("-q", "search", "-q", "reports", "-q", "import", "-q", "sync", "-c", "4", "--lease", "45"),
}
DOOMED = ("-q", "exports", "-c", "1", "--lease", "3")


@dataclass
class Hand:
    """One worker that can be started, killed and started again."""

    name: str
    options: Sequence[str]
    place: DemoPlace
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start its process."""
        words = ["worker", "--app", APP, "--tag", self.name, "--grace", "1"]
        self._process = spawn("watched", [*words, "--log-level", "warning", *self.options], self.place, self.name)

    def kill(self) -> None:
        """Kill it like a crash: it releases no jobs and logs nothing."""
        if self._process is not None:
            self._process.kill()
            self._close(self._process)

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            process.stdin.close()
        process.wait()
        self._process = None


def spawn(module: str, words: Sequence[str], place: DemoPlace, name: str) -> subprocess.Popen[bytes]:
    """Start a module of the demo in a process that ends with this one.

    Keys of this terminal do not reach it.
    """
    here = str(Path(queuetui.__file__).resolve().parents[1])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    with place.log(name).open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"queuetui.cli.demo.{module}", *words],
            cwd=place.folder,
            # The sockets that wake workers are in the runtime folder; this one is deleted with the demo.
            # A URL may hold a password, and command lines are visible to all users.
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "XDG_RUNTIME_DIR": str(place.folder),
                "QUEUETUI_URL": place.url,
            },
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
