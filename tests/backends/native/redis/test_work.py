"""Workers as processes over Redis."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from queuetui.client import Queue
from tests.engine.processes import Place
from tests.waiting import wait_until

pytestmark = pytest.mark.timed

JOBS = 200


def test_jobs_survive_a_killed_worker(tmp_path: Path, redis_url: str) -> None:
    """Of two hundred jobs each is completed once; runs beyond the first are explained by the kill."""
    place = Place(tmp_path)
    place.url = redis_url
    with Queue(redis_url) as queue:
        jobs = queue.enqueue_many([queue.new("write", {"n": n}) for n in range(JOBS)])
        held = queue.enqueue("hold", {"n": 1}, priority="high")
        try:
            victim = place.start("--lease", "9s", "-c", "2", "--log-level", "error")
            place.await_beginning("1")
            wait_until((place.folder / "written.txt").exists)
            victim.send_signal(signal.SIGKILL)
            place.let_go()
            place.start("--lease", "9s", "--log-level", "error")
            wait_until(lambda: queue.stats()["completed"] == JOBS + 1, 60)
        finally:
            place.end()
        done = [queue.get(job.id) for job in jobs]
        written = [line.split() for line in (place.folder / "written.txt").read_text().splitlines()]
        assert {int(n) for n, _ in written} == set(range(JOBS))
        assert len(written) - JOBS <= sum(job.lost for job in done)
        assert {job.attempts for job in done} == {1}
        assert queue.get(held.id).lost == 1
