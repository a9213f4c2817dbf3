"""A worker that is stopped with everything it started, and wakes when its job is in other hands."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuetui.client import Queue
from tests.engine.children import ChildrenPlace, await_state, family, is_running
from tests.waiting import wait_until

LEASE = "9s"
pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ChildrenPlace]:
    """A folder with an app and a queue."""
    made = ChildrenPlace(tmp_path)
    yield made
    made.end()


@pytest.fixture
def queue(place: ChildrenPlace) -> Iterator[Queue]:
    """The queue of the place."""
    with Queue(place.url) as opened:
        yield opened


def test_a_run_that_was_frozen_with_its_worker_ends_when_it_wakes(place: ChildrenPlace, queue: Queue) -> None:
    """Worker, fork server and child are stopped for longer than the lease; woken, the run is killed, and the job keeps its other result."""
    job = queue.enqueue("stubborn")
    frozen = place.start("--isolation", "process", "--lease", LEASE, app="children_app")
    child = place.await_run(job.id)
    members = [frozen.pid, *family(frozen.pid)]
    assert child in members
    place.freeze(*members)
    place.start_isolated("--lease", "9s")
    await_state(queue, job.id, "completed")
    other = place.pids(job.id)[-1]
    assert is_running(child)
    for pid in reversed(members):
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not is_running(child))
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(60) == 0
    done = queue.get(job.id)
    assert (done.state, done.lost, other != child) == ("completed", 1, True)
