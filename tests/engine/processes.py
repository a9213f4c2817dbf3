"""Workers as real processes, as an operator starts them."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from textwrap import dedent
from typing import Any

import queuetui
from tests.waiting import wait_until

SOURCE = Path(queuetui.__file__).parents[1]
APP = """
    import os
    import signal
    import sys
    import threading
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    from queuetui import Context, Queue, job

    HERE = Path(__file__).parent

    @job("write")
    def write(payload, context: Context):
        with (HERE / "written.txt").open("a") as file:
            file.write(f"{payload['n']} {context.fence}\\n")
        return payload["n"]

    @job("hold")
    def hold(payload, context: Context):
        (HERE / f"began-{payload['n']}").write_text(str(os.getpid()))
        while not (HERE / "go").exists():
            threading.Event().wait(0.02)
        return "held"

    @job("deaf", max_attempts=1)
    def deaf(payload):
        (HERE / "began-deaf").touch()
        threading.Event().wait(600)

    @job("leave")
    def leave(payload):
        ThreadPoolExecutor(1).submit(threading.Event().wait, 600)
        sys.stdout.close()

    @job("arm", max_attempts=1)
    def arm(payload, context: Context):
        for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
            signal.setitimer(which, 0.001, 0.001)
        return hold(payload, context)

    @job("kill_worker")
    def kill_worker(payload):
        os.kill(os.getpid(), signal.SIGKILL)

    @job("parent")
    def parent(payload):
        with Queue() as queue:
            return queue.enqueue("write", {"n": "child"}).id

    def bare(payload):
        return "bare"
"""


class Place:
    """A folder with an app, a queue file beside it, and processes that work there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'queue.db'}"
        (folder / "held_app.py").write_text(dedent(APP))
        self._started: list[subprocess.Popen[str]] = []

    def start(self, *options: str, app: str = "held_app") -> subprocess.Popen[str]:
        """Start a worker."""
        number = len(self._started)
        command = self.command("worker", "--url", self.url, "--app", app, "--sleep", "0.05", *options)
        with (self.folder / f"worker-{number}.log").open("w") as log:
            worker = subprocess.Popen(command, cwd=self.folder, env=self.environment(), stderr=log, text=True)
        self._started.append(worker)
        return worker

    def freeze(self, *pids: int) -> None:
        """Stop processes, but not in the middle of a write: who is frozen there keeps everybody else from the file."""

        def stop() -> bool:
            for pid in pids:
                os.kill(pid, signal.SIGSTOP)
            if self._may_be_written():
                return True
            for pid in reversed(pids):
                os.kill(pid, signal.SIGCONT)
            return False

        wait_until(stop)

    def _may_be_written(self) -> bool:
        with closing(sqlite3.connect(self.folder / "queue.db", timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("begin immediate")
            except sqlite3.OperationalError:
                return False
            connection.execute("rollback")
            return True

    def run(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            input=given,
        )

    @staticmethod
    def command(*arguments: str) -> Sequence[str]:
        """Return the command line of the program."""
        return [sys.executable, "-m", "queuetui", *arguments]

    @staticmethod
    def environment() -> dict[str, str]:
        """Return the environment that finds this source tree."""
        return {**os.environ, "PYTHONPATH": str(SOURCE)}

    def told(self, worker: subprocess.Popen[str]) -> list[dict[str, Any]]:
        """Return what a worker has said so far; every whole line is JSON."""
        text = (self.folder / f"worker-{self._started.index(worker)}.log").read_text()
        return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]

    def events(self, worker: subprocess.Popen[str]) -> list[str]:
        """Return the events that a worker told of."""
        return [line["event"] for line in self.told(worker)]

    def await_beginning(self, name: str) -> None:
        """Wait until a handler has begun."""
        wait_until((self.folder / f"began-{name}").exists)

    def let_go(self) -> None:
        """Let the handlers that hold end."""
        (self.folder / "go").touch()

    def end(self) -> None:
        """End every worker that is still there."""
        for worker in self._started:
            if worker.poll() is None:
                worker.send_signal(signal.SIGKILL)
            worker.wait(60)
