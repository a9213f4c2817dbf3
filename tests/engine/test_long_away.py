"""Workers as processes whose server goes away for long: for seconds here, for ten minutes with `make away`."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from queuetui.client import Queue
from tests.engine.processes import Place
from tests.servers.postgres import PostgresServer
from tests.servers.redis import RedisServer
from tests.waiting import wait_until

pytestmark = pytest.mark.timed

LOGGER = logging.getLogger(__name__)
AWAY_S = float(os.environ.get("QUEUETUI_AWAY_S", "4"))
QUIET_LINES = 8
MOST_NEW_THREADS = 1
MOST_NEW_FILES = 3
BUSIEST = 0.1


class Server(Protocol):
    """What can be taken away and brought back."""

    def start(self) -> None:
        """Bring it back."""

    def stop(self) -> None:
        """Take it away."""

    def pause(self) -> None:
        """Let it hold connections without answering."""

    def resume(self) -> None:
        """Let it answer again."""


@dataclass(frozen=True)
class Held:
    """What a process holds at a moment."""

    threads: int
    files: int
    cpu_s: float

    @classmethod
    def by(cls, worker: subprocess.Popen[str]) -> Held:
        """Look at a process."""
        process = psutil.Process(worker.pid)
        used = process.cpu_times()
        return cls(process.num_threads(), process.num_fds(), used.user + used.system)


@pytest.fixture(params=["postgresql", "redis"])
def own(request: pytest.FixtureRequest) -> tuple[str, Server]:
    """The URL of an empty place for a queue and its server, which nobody else uses."""
    if request.param == "postgresql":
        postgres: PostgresServer = request.getfixturevalue("private_postgres")()
        return postgres.create_database(), postgres
    valkey: RedisServer = request.getfixturevalue("private_redis")()
    return valkey.url, valkey.process


@pytest.fixture
def server(own: tuple[str, Server]) -> Iterator[Server]:
    """The server of the place; if it runs it answers again in the end, so that it can be ended."""
    yield own[1]
    with contextlib.suppress(RuntimeError):
        own[1].resume()


@pytest.fixture
def place(own: tuple[str, Server], tmp_path: Path) -> Iterator[Place]:
    """A folder with an app, on that server."""
    made = Place(tmp_path)
    made.url = own[0]
    yield made
    made.end()


@pytest.mark.timeout(AWAY_S + 180)
def test_a_long_absence_costs_no_job_and_nothing_grows(place: Place, server: Server) -> None:
    """The worker waits with few words and little work, holds no more than before, and goes on where it was."""
    with Queue(place.url) as queue:
        held = queue.enqueue("hold", {"n": 1})
        worker = place.start("-c", "3")
        place.await_beginning("1")
        early = queue.enqueue_many([queue.new("write", {"n": n}) for n in range(50)])
        wait_until(lambda: queue.stats()["completed"] == 50)
        before, said = Held.by(worker), len(place.told(worker))
        server.stop()
        wait_until(lambda: "store_lost" in place.events(worker))
        place.let_go()
        most = _watch(worker)
        after, says = Held.by(worker), place.told(worker)[said:]
        server.start()
    with Queue(place.url) as queue:
        late = queue.enqueue_many([queue.new("write", {"n": n}) for n in range(50, 100)])
        wait_until(lambda: queue.stats()["completed"] == 101, 90)
        wait_until(lambda: "store_back" in place.events(worker))
        LOGGER.info("away %g s: %s, at most %s, then %s; it said %s", AWAY_S, before, most, after, _count(says))
        assert most.threads <= before.threads + MOST_NEW_THREADS
        assert most.files <= before.files + MOST_NEW_FILES
        assert (after.cpu_s - before.cpu_s) / AWAY_S < BUSIEST
        assert len(says) <= QUIET_LINES
        assert {queue.get(job.id).attempts for job in (*early, *late, held)} == {1}
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0


@pytest.mark.parametrize("how", ["stop", "pause"])
def test_a_worker_ends_within_its_grace_while_its_server_is_away(place: Place, server: Server, how: str) -> None:
    """TERM ends a worker that can tell nobody of it; what ran is left to its lease."""
    with Queue(place.url) as queue:
        queue.enqueue("hold", {"n": 1})
        worker = place.start("--grace", "2s")
        place.await_beginning("1")
    getattr(server, how)()
    asked_s = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    LOGGER.info("%s: ended %.1f s after TERM, with a grace of 2 s", how, time.monotonic() - asked_s)


@pytest.mark.parametrize("how", ["stop", "pause"])
def test_a_second_signal_hurries_while_the_server_is_away(place: Place, server: Server, how: str) -> None:
    """The second TERM does not wait for the grace, whether the server refuses or is silent."""
    with Queue(place.url) as queue:
        queue.enqueue("hold", {"n": 1})
        worker = place.start("--grace", "1h")
        place.await_beginning("1")
    getattr(server, how)()
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    asked_s = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(15) == 0
    LOGGER.info("%s: ended %.1f s after the second TERM", how, time.monotonic() - asked_s)


def _watch(worker: subprocess.Popen[str]) -> Held:
    """Look once a second while the server is away, and return the most of each that was seen."""
    most, until_s = Held.by(worker), time.monotonic() + AWAY_S
    while time.monotonic() < until_s:
        with pytest.raises(subprocess.TimeoutExpired):
            worker.wait(min(1.0, max(0.05, until_s - time.monotonic())))
        now = Held.by(worker)
        most = Held(max(most.threads, now.threads), max(most.files, now.files), now.cpu_s)
    return most


def _count(lines: list[dict[str, object]]) -> dict[str, int]:
    events = [str(line["event"]) for line in lines]
    return {event: events.count(event) for event in sorted(set(events))}
