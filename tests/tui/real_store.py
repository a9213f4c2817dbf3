"""The console on a real store; run as a program it opens on the terminal."""

from __future__ import annotations

import json
import signal
import sys
import tempfile
from pathlib import Path

from queuetui.backends.backend import Backend, NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.config.profile import Profile
from queuetui.model.job import NewJob
from queuetui.monitor.feed import Feed
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.operations import Operations
from queuetui.operate.rights import Right
from queuetui.tui.app import QueueTui, run_console
from queuetui.tui.session import ConsoleSession

QUEUES = ("mail", "sync", "import")


def fill_store(url: str, jobs: int = 30) -> None:
    """Make our schema in an empty database and enqueue jobs, in turn on three queues."""
    store = open_native(url, BackendOptions(create=True))
    fill(store, jobs)
    store.close()


def fill(store: NativeBackend, jobs: int = 30) -> None:
    """Enqueue jobs, in turn on three queues."""
    store.jobs.enqueue(
        [
            NewJob(
                id=f"0195a3f0-9c00-7000-8000-{number:012x}",
                type="SendMail",
                payload=json.dumps({"sku": f"A-{number}"}).encode(),
                queue=QUEUES[number % len(QUEUES)],
            )
            for number in range(1, jobs + 1)
        ]
    )


def session_on(url: str, folder: Path, poll_s: float = 0.5) -> ConsoleSession:
    """Return a session on our own queue with the right to operate, as the command line makes it."""
    profile = Profile(name="here", url=url, poll_s=poll_s)
    return ConsoleSession(
        profile, lambda: _connection(open_native(url, BackendOptions(limits=profile.limits)), profile, folder)
    )


def session_over(backend: Backend, folder: Path) -> ConsoleSession:
    """Return a session over a backend that is open already and is read on demand only."""
    profile = Profile(name="here", url="", poll_s=60.0)
    return ConsoleSession(profile, lambda: _connection(backend, profile, folder))


def _connection(backend: Backend, profile: Profile, folder: Path) -> tuple[Feed, Operations]:
    authority = Authority(
        Right.ADMIN,
        "tester@here",
        Journal(folder / "acts.jsonl", backend.inspector.capabilities.label),
        folder / "purged",
    )
    return Feed(backend, profile.limits), Operations(backend, authority, profile.limits)


def break_freezing() -> None:
    """Make the key `z` fail with a secret in hand, for a look at the last page."""

    def fail(_: QueueTui) -> None:
        secret = "secret payload"
        raise ValueError(secret)

    QueueTui.action_freeze = fail  # type: ignore[assignment, method-assign]  # a fault on purpose


if __name__ == "__main__":
    if "--ignore-hup" in sys.argv:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if "--fail" in sys.argv:
        break_freezing()
    with tempfile.TemporaryDirectory() as state:
        sys.exit(run_console(session_on(sys.argv[1], Path(state))))
