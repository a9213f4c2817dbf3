"""Leases kept, lost and swept."""

from __future__ import annotations

import threading

from queuetui.client import Queue
from queuetui.engine.context import CancelCause, Context
from queuetui.model.worker import WorkerCard
from tests.conformance.scenes import LONG_LEASE_S, expire
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.failing_store import FailingStore
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, declare_handler
from tests.waiting import wait_until


def test_a_long_run_keeps_its_lease(queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock) -> None:
    """A run of twenty leases is never handed to another worker."""
    runs: list[int] = []
    begun, over = threading.Event(), threading.Event()

    def run(payload: object, context: Context) -> None:
        runs.append(context.fence)
        begun.set()
        over.wait(60)

    job = queue.enqueue(declare_handler(run))
    workers = [start_worker(clock=clock, lease_s=6.0) for _ in range(2)]
    assert begun.wait(60)
    clock.pass_by(120)
    until = queue.backend.inspector.get(job.id).lease_until
    assert until is not None
    assert until > clock.utc()
    over.set()
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert (runs, queue.get(job.id).lost, told.of("lease_lost")) == ([1], 0, [])
    assert all(worker.is_alive for worker in workers)


def _claim_as_dead_worker(queue: Queue) -> None:
    """Claim one job as a worker that is never heard of again."""
    store = queue.backend
    store.jobs.register(WorkerCard("dead", "gone", 1, "0", (), 1))
    lease = store.jobs.open_lease("dead", "default", LONG_LEASE_S)
    assert store.jobs.step(lease.id, (), 1).claimed
    expire(store, lease)


@EVERY_STORE
def test_the_jobs_of_a_dead_worker_are_run_by_another(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """Any worker sweeps: the job is counted as lost, not as an attempt, and is run even with one attempt allowed."""
    job = queue.enqueue(declare_handler(lambda _: "run"), max_attempts=1)
    _claim_as_dead_worker(queue)
    clock = VirtualClock()
    start_worker(clock=clock)
    clock.pass_until(lambda: queue.get(job.id).state == "completed")
    assert (queue.get(job.id).attempts, queue.get(job.id).lost) == (1, 1)
    assert wait_until(lambda: told.of("job_rescued"))[0]["lost_worker"] == "dead"


@EVERY_STORE
def test_a_job_that_kills_its_workers_is_quarantined(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """The third loss alone makes a job a dead letter, though no handler of it ever ended."""
    job = queue.enqueue(declare_handler(lambda _: "never"))
    for _ in range(2):
        _claim_as_dead_worker(queue)
        wait_until(lambda: queue.backend.jobs.sweep(10))
    _claim_as_dead_worker(queue)
    clock = VirtualClock()
    start_worker(clock=clock)
    clock.pass_until(lambda: queue.get(job.id).state == "failed")
    dead = queue.get(job.id)
    assert dead.error is not None
    assert (dead.error["class"], dead.lost, dead.attempts) == ("PoisonPill", 3, 0)
    wait_until(lambda: told.of("job_quarantined"))


def test_a_lease_that_the_store_calls_over_is_lost(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """When the store has ended a lease, its run is told to stop, and what it returns is recorded and changes nothing."""
    begun, refused = threading.Event(), threading.Event()
    causes: list[CancelCause | None] = []

    def run(payload: object, context: Context) -> str:
        if begun.is_set():
            return "second"
        begun.set()
        wait_until(context.cancelled)
        causes.append(context.cancel_cause)
        assert refused.wait(60)
        return "first"

    job = queue.enqueue(declare_handler(run))
    store = FailingStore(queue.backend.jobs)
    start_worker(store, clock=clock, concurrency=1)
    assert begun.wait(60)
    assert queue.backend.jobs.close_lease(store.leases[0]) == 1
    clock.pass_until(lambda: told.of("lease_lost"))
    refused.set()
    clock.pass_until(lambda: queue.get(job.id).state == "completed")
    assert queue.get(job.id).result == "second"
    assert causes == [CancelCause.LEASE_LOST]
    wait_until(lambda: [one.outcome for one in queue.backend.inspector.attempts(job.id)] == ["ack_lost"])
    assert [fields["job_id"] for fields in told.of("result_refused")] == [job.id]


@EVERY_STORE
def test_an_idle_lease_is_given_back(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that stops leaves nothing held and nothing registered."""
    job = queue.enqueue(declare_handler(lambda _: 1))
    worker = start_worker()
    wait_until(lambda: queue.get(job.id).state == "completed")
    worker.stop()
    assert queue.backend.jobs.sweep(10) == ()
    assert queue.stats()["processing"] == 0
