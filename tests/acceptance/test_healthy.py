"""A healthy queue under load, watched all the time: nothing of it is ever called stuck."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from queuetui.client import Queue
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from queuetui.monitor.feed import Feed
from tests.acceptance.soak import ROOT, end_all

# Above the longest run, and far below how long the backlog makes jobs wait.
LIMITS = Limits(stuck_after_s=30, worker_silent_s=15, overdue_after_s=15)
SHORTEST_S, LONGEST_S = 0.01, 10.0
QUEUES = ("orders", "mail", "reports")
WORKERS, SLOTS = 2, 8
BURST, A_SECOND = 400, 4
BURST_EVERY_S = 90.0
LIVE = PageRequest(parse_query("is:live"), 200)


@dataclass
class Watched:
    """What was seen: whom a verdict called stuck, and how long a job had to wait at most."""

    accused: list[str] = field(default_factory=list)
    looks: int = 0
    longest_wait_s: float = 0.0
    completed: int = 0

    def look(self, feed: Feed) -> None:
        """Look at the whole queue once."""
        picture = feed.poll(Watch(page=LIVE, limits=LIMITS))
        now, page = picture.snapshot.now, picture.snapshot.page
        assert page is not None
        for job in page.jobs:
            verdict = picture.verdicts[job.ref.id]
            if verdict.stuck:
                self.accused.append(f"{job.ref.id} {verdict.code}: {verdict.summary}")
        if picture.snapshot.stuck.value:
            self.accused.append(f"{picture.snapshot.stuck.value} counted as stuck")
        due = [queue.oldest_due_at for queue in picture.snapshot.queues if queue.oldest_due_at is not None]
        self.longest_wait_s = max([self.longest_wait_s, *((now - at).total_seconds() for at in due)])
        self.completed = picture.snapshot.counts[State.COMPLETED].value or 0
        self.looks += 1


def some_jobs(chance: random.Random, count: int) -> list[tuple[str, float]]:
    """Return queues and lengths, as many short as long ones on a scale of powers."""
    ratio = LONGEST_S / SHORTEST_S
    return [(chance.choice(QUEUES), SHORTEST_S * ratio ** chance.random()) for _ in range(count)]


@contextmanager
def crew(url: str, folder: Path) -> Iterator[None]:
    """Give workers in processes of their own."""
    environment = {
        **os.environ, "QUEUETUI_URL": url, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    }  # fmt: skip
    words = [
        "worker",
        "--app",
        "tests.acceptance.healthy_app",
        "-c",
        str(SLOTS),
        "--lease",
        "15",
        "--log-level",
        "warning",
    ]
    processes = []
    for place in range(WORKERS):
        with (folder / f"{place}.log").open("wb") as log:
            command = [sys.executable, "-m", "queuetui", *words, *(word for name in QUEUES for word in ("-q", name))]
            processes.append(subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log))
    try:
        yield
    finally:
        end_all(processes)


def watch_for(url: str, seconds: float, folder: Path) -> Watched:
    """Load a queue with bursts and a steady stream, and look at it every second."""
    chance, watched, pause = random.Random(7), Watched(), Event()
    with Queue(url) as queue, crew(url, folder):
        feed = Feed(open_native(url, BackendOptions(limits=LIMITS)), LIMITS)
        begun_s, burst_at_s = time.monotonic(), time.monotonic()
        while time.monotonic() - begun_s < seconds:
            count = A_SECOND
            if time.monotonic() >= burst_at_s:
                count, burst_at_s = BURST, time.monotonic() + BURST_EVERY_S
            queue.enqueue_many(
                [Queue.new("work", {"seconds": length}, queue=name) for name, length in some_jobs(chance, count)]
            )
            watched.look(feed)
            pause.wait(1)
        feed.close()
    print(f"{watched.looks} looks, {watched.completed} completed, longest wait {watched.longest_wait_s:.0f} s")  # noqa: T201 - a soak is read by people
    return watched


@pytest.mark.parametrize(
    ("store", "minutes"),
    [
        pytest.param("sqlite_url", 1, marks=pytest.mark.campaign),
        pytest.param("postgres_url", 10, marks=[pytest.mark.soak, pytest.mark.timeout(1200)]),
    ],
)
def test_nothing_healthy_is_called_stuck(
    store: str, minutes: float, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Runs of 10 ms to 10 s, and a backlog that makes jobs wait for longer than a job may be due: no verdict says stuck."""
    watched = watch_for(request.getfixturevalue(store), minutes * 60, tmp_path)
    assert watched.accused == []
    assert watched.longest_wait_s > LIMITS.overdue_after_s
    assert watched.completed > 100 * minutes
