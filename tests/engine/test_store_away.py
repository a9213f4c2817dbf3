"""A worker outlives its store's absence and forgets nothing."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from queuetui.client import Queue
from queuetui.engine import store_health
from queuetui.engine.clock import Wakeup
from queuetui.engine.context import Context
from queuetui.engine.stop import Stopping
from queuetui.engine.store_health import StoreHealth
from queuetui.model.errors import Denied, QueueTuiError, Unreachable
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.failing_store import FailingStore
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, WorkerThread, declare_handler
from tests.waiting import wait_until

if TYPE_CHECKING:
    from queuetui.backends.base import JobStore


@pytest.fixture(autouse=True)
def short_pauses(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of a moment instead of seconds; where a test lets time pass, moments would pass by themselves on a slow machine."""
    if "clock" in request.fixturenames:
        return
    monkeypatch.setattr(store_health, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(store_health, "LONGEST_PAUSE_S", 0.05)


@pytest.fixture
def store(queue: Queue) -> FailingStore:
    """The queue's store, to be taken away."""
    return FailingStore(queue.backend.jobs)


@EVERY_STORE
def test_an_ending_is_written_when_the_store_is_back(
    queue: Queue, store: FailingStore, start_worker: StartWorker, told: Told
) -> None:
    """A job that ends while the store is away is completed once it is back, and the absence is said once."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "done"

    job = queue.enqueue(declare_handler(run))
    worker = start_worker(store)
    assert begun.wait(60)
    store.away.set()
    over.set()
    wait_until(lambda: store.calls.count("step") > 5)
    assert queue.get(job.id).state == "processing"
    store.away.clear()
    wait_until(lambda: queue.get(job.id).state == "completed")
    wait_until(lambda: told.of("store_back"))
    assert len(told.of("store_lost")) == 1
    assert worker.is_alive
    assert queue.backend.inspector.attempts(job.id) == ()


def test_a_worker_starts_to_claim_again(queue: Queue, store: FailingStore, start_worker: StartWorker) -> None:
    """After an absence while idle, new jobs are worked."""
    start_worker(store)
    wait_until(lambda: "queues_ready" in store.calls)
    store.away.set()
    wait_until(lambda: store.calls.count("queues_ready") > 5)
    store.away.clear()
    job = queue.enqueue(declare_handler(lambda _: 1))
    wait_until(lambda: queue.get(job.id).state == "completed")


@EVERY_STORE
def test_jobs_of_a_lost_answer_come_free(queue: Queue, store: FailingStore, start_worker: StartWorker) -> None:
    """A claim whose answer was lost holds jobs that nobody knows of: its lease is closed, and they are run, uncounted."""
    jobs = [queue.enqueue(declare_handler(lambda _: 1)) for _ in range(3)]
    store.lose_answers.add("step")
    start_worker(store)
    wait_until(lambda: queue.stats()["completed"] == 3)
    assert {(queue.get(job.id).attempts, queue.get(job.id).lost) for job in jobs} == {(1, 0)}


def test_work_stops_before_the_lease_is_over(
    queue: Queue, store: FailingStore, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """Without a completed renewal for two thirds of the lease a run is told to stop and its result is refused."""
    begun, seen = threading.Event(), threading.Event()
    runs: list[int] = []

    def run(payload: object, context: Context) -> str:
        runs.append(context.fence)
        begun.set()
        if len(runs) > 1:
            return "second"
        wait_until(context.cancelled)
        seen.set()
        return "first"

    job = queue.enqueue(declare_handler(run))
    start_worker(store, clock=clock, lease_s=30.0)
    assert begun.wait(60)
    store.refuse.add("renew")
    clock.pass_until(lambda: told.of("lease_lost"), 26)
    assert seen.wait(60)
    assert "no renewal was completed" in told.of("lease_lost")[0]["reason"]
    store.refuse.clear()
    clock.pass_until(lambda: queue.get(job.id).state == "completed")
    done = queue.get(job.id)
    assert (done.result, done.attempts, done.lost) == ("second", 1, 1)
    assert wait_until(lambda: told.of("result_refused"))[0]["job_id"] == job.id


def test_a_worker_stops_while_the_store_is_away(
    queue: Queue, store: FailingStore, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """Stopping does not wait for a store that does not come back: the lease ends by itself, long after the grace."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> None:
        begun.set()
        over.wait(60)

    queue.enqueue(declare_handler(run))
    worker = start_worker(store, clock=clock, grace_s=10)
    assert begun.wait(60)
    store.away.set()
    worker.worker.stop()
    clock.pass_by(8)
    assert worker.is_alive
    clock.pass_until(lambda: not worker.is_alive, 10)
    assert told.of("leases_left")
    over.set()


def test_a_store_that_is_away_at_the_start_is_told(queue: Queue, store: FailingStore) -> None:
    """A worker that cannot even register ends with the reason instead of waiting unseen, and listens no more."""
    from queuetui.engine.worker import Worker
    from tests.engine.working import FAST, with_jobs

    store.away.set()
    before = set(threading.enumerate())
    with pytest.raises(Unreachable):
        Worker(with_jobs(queue.backend, store), FAST).run()
    wait_until(lambda: set(threading.enumerate()) <= before)


@EVERY_STORE
def test_a_registration_that_was_cleaned_is_made_again(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """A worker whose registration is gone registers again and works on."""
    clock = VirtualClock()
    worker = start_worker(clock=clock)
    wait_until(lambda: queue.backend.jobs.beat(worker.worker.id, None, False))
    queue.backend.jobs.retire(worker.worker.id)
    clock.pass_until(lambda: told.of("worker_registered_again"))
    wait_until(lambda: queue.backend.jobs.beat(worker.worker.id, None, False))


def test_pauses_grow_and_trouble_is_said_once(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """Tries are 1 to 15 s apart with jitter; several parts in trouble are one absence."""
    monkeypatch.undo()
    told.listen()
    health = StoreHealth(VirtualClock())
    pauses = [health.failed("jobs", Unreachable("gone")) for _ in range(8)]
    health.failed("renewal", Unreachable("gone"))
    assert 0.75 <= pauses[0] <= 1.25
    assert 11 <= pauses[-1] <= 19
    health.answered("jobs")
    assert not told.of("store_back")
    health.answered("renewal")
    assert (len(told.of("store_lost")), len(told.of("store_back"))) == (1, 1)


def pausing_for(part: str, error: QueueTuiError, health: StoreHealth, clock: VirtualClock) -> threading.Thread:
    """Let a part in trouble pause, for a minute and more."""
    span_s = health.failed(part, error) + 60
    pausing = threading.Thread(target=health.pause, args=(span_s, Stopping(1.0, Wakeup(), clock)), daemon=True)
    pausing.start()
    wait_until(lambda: clock.is_waiting(pausing))
    return pausing


def test_a_pause_ends_when_the_store_has_answered_another_part() -> None:
    """Work goes on as soon as any part of a worker hears from the store, however long its own pause was to be."""
    clock = VirtualClock()
    health = StoreHealth(clock)
    health.failed("renewal", Unreachable("the store does not answer"))
    pausing = pausing_for("jobs", Unreachable("the store does not answer"), health, clock)
    clock.pass_by(30)
    assert pausing.is_alive()
    health.answered("renewal")
    clock.pass_until(lambda: not pausing.is_alive(), 1)


def test_a_part_in_a_trouble_of_its_own_pauses_although_others_are_answered() -> None:
    """What the store refuses to one part alone is not asked for again each time it answers the others."""
    clock = VirtualClock()
    health = StoreHealth(clock)
    pausing = pausing_for("recurring", Denied("no right to the schedules"), health, clock)
    for _ in range(3):
        health.answered("jobs")
        clock.pass_by(15)
    assert pausing.is_alive()
    clock.pass_until(lambda: not pausing.is_alive(), 30)


class Broken(FailingStore):
    """A store that ends whoever sweeps."""

    def sweep(self, *_: object) -> None:
        """Fail."""
        raise SystemExit


def test_a_part_of_a_worker_that_fails_ends_it_and_is_told(queue: Queue, told: Told) -> None:
    """Whatever a thread of the worker dies of, the worker stops, and its log says which one it was and where."""
    with pytest.raises(SystemExit):
        WorkerThread(queue.backend, cast("JobStore", Broken(queue.backend.jobs))).wait()
    (failed,) = told.of("part_failed")
    assert (failed["part"], "sweep" in str(failed["traceback"])) == ("Sweeper.run", True)
