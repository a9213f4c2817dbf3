"""Jobs that were lost before run with nothing beside them."""

from __future__ import annotations

from threading import Event, Lock
from typing import Any

import pytest

from queuetui.client import Queue
from queuetui.engine import suspects
from queuetui.engine.context import Context
from tests.conformance.scenes import LONG_LEASE_S, expire
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import declare_handler
from tests.waiting import wait_until


class Watched:
    """A handler that notes what it ran beside."""

    def __init__(self) -> None:
        self.told: list[tuple[str, bool, int]] = []
        self._at_work = 0
        self._lock = Lock()

    def run(self, payload: object, context: Context) -> None:
        """Take a moment."""
        self._note("begin", context, 1)
        Event().wait(0.05)
        self._note("end", context, -1)

    def _note(self, what: str, context: Context, change: int) -> None:
        with self._lock:
            beside = self._at_work if change > 0 else self._at_work - 1
            self._at_work += change
            self.told.append((what, context.job.lost > 0, beside))


def lose_all(queue: Queue) -> None:
    """Claim what is pending for a worker that is dead, and sweep it."""
    lease = queue.backend.jobs.open_lease("dead", "default", LONG_LEASE_S)
    claimed = queue.backend.jobs.step(lease.id, [], 100).claimed
    expire(queue.backend, lease)
    swept: list[Any] = []

    def is_swept() -> bool:
        swept.extend(queue.backend.jobs.sweep(100))
        return len(swept) == len(claimed)

    wait_until(is_swept)


def test_nothing_runs_beside_a_suspect(
    queue: Queue, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two suspects and what is new among them: each suspect begins and ends alone, the others share the worker."""
    monkeypatch.setattr(suspects, "WAIT_FOR_OTHERS_S", 60.0)
    watched = Watched()
    job_type = declare_handler(watched.run)
    queue.enqueue_many([queue.new(job_type) for _ in range(3)])
    lose_all(queue)
    queue.enqueue_many([queue.new(job_type) for _ in range(20)])
    queue.enqueue_many([queue.new(job_type, priority=10) for _ in range(8)])
    start_worker(concurrency=4, burst=True).wait()
    assert len(watched.told) == 2 * 31
    assert [beside for what, suspect, beside in watched.told if suspect] == [0] * 6
    assert max(beside for _, suspect, beside in watched.told if not suspect) > 0


def test_a_suspect_does_not_wait_for_a_long_run(queue: Queue, start_worker: StartWorker) -> None:
    """Beside a run that goes on a suspect begins after a moment, and so does all that waits behind it."""
    over = Event()
    job_type, long_type = declare_handler(lambda _: None), declare_handler(lambda _: str(over.wait(60)))
    lost = queue.enqueue(job_type)
    lose_all(queue)
    long = queue.enqueue(long_type, priority=10)
    clock = VirtualClock()
    start_worker(clock=clock, concurrency=2)
    wait_until(lambda: queue.get(long.id).state == "processing")
    later = queue.enqueue(job_type)
    clock.pass_until(lambda: {queue.get(job.id).state for job in (lost, later)} == {"completed"})
    assert queue.get(long.id).state == "processing"
    over.set()
    clock.pass_until(lambda: queue.get(long.id).state == "completed")


@EVERY_STORE
def test_a_suspect_that_waits_is_given_back_at_a_stop(
    queue: Queue, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TERM while a suspect waits for others to end releases it for any worker."""
    monkeypatch.setattr(suspects, "WAIT_FOR_OTHERS_S", 60.0)
    over, begun = Event(), Event()

    def hold(payload: object) -> None:
        begun.set()
        over.wait(60)

    lost = queue.enqueue(declare_handler(lambda _: None))
    lose_all(queue)
    queue.enqueue(declare_handler(hold), priority=10)
    worker = start_worker(concurrency=2)
    assert begun.wait(60)
    wait_until(lambda: queue.get(lost.id).state == "processing")
    worker.worker.stop("the test is over")
    wait_until(lambda: queue.get(lost.id).state == "pending")
    over.set()
    worker.wait()
    assert queue.get(lost.id).attempts == 0
