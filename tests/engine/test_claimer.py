"""How much a worker claims, and what it gives back."""

from __future__ import annotations

import threading
from math import inf
from typing import Any

import pytest

from queuetui.backends.base import Step
from queuetui.client import Queue
from queuetui.engine.claimer import HELD_BATCHES, HELD_WORK_S, Claim, Claimer, Room
from queuetui.engine.clock import KEPT_TYPES, Pace
from queuetui.engine.finisher import Finisher
from queuetui.engine.held import HeldLease, Run, RunEnding
from queuetui.engine.lease import Leases
from queuetui.engine.settings import DEFAULT_BATCH, WorkerSettings
from queuetui.engine.store_health import STORE_TROUBLE
from queuetui.engine.volume import Volume
from queuetui.model.clock import from_us
from queuetui.model.job import ClaimedJob, Ending, Settlement
from queuetui.model.job_id import new_job_id
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.failing_store import FailingStore
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import declare_handler

CLOCK = VirtualClock()


class IdleExecutor:
    """Slots of which none is at work."""

    unstarted = 0
    given_up = 0

    @staticmethod
    def running() -> list[Any]:
        """Return nothing."""
        return []


def make_room(slots: int, **averages_s: float) -> Room:
    """A room for so many slots in a worker that knows these averages of queues."""
    pace = Pace()
    for queue, average_s in averages_s.items():
        pace.record(queue, queue, average_s)
    executor: Any = IdleExecutor()
    store: Any = None
    return Room(WorkerSettings(concurrency=slots), executor, Leases(store, "worker", 30, CLOCK), pace, CLOCK)


@pytest.mark.parametrize(
    ("queue", "held", "more"),
    [
        ("unknown", 0, 4),
        ("unknown", 3, 1),
        ("slow", 0, 4),
        ("slow", 4, 0),
        ("tenth", 0, 10),
        ("tenth", 7, 3),
        ("fast", 0, HELD_BATCHES * DEFAULT_BATCH),
        ("fast", HELD_BATCHES * DEFAULT_BATCH, 0),
    ],
)
def test_at_most_a_moments_work_is_held(queue: str, held: int, more: int) -> None:
    """What is not known gets one job a slot; what is known gets a quarter of a second's work, and never more than two batches."""
    assert make_room(4, slow=60.0, tenth=0.1, fast=0.0001).for_queue(queue, held) == more


def test_batches_grow_while_they_come_back_full() -> None:
    """One job when idle, then twice as many each time, up to the largest; a short batch starts small again."""
    store: Any = None
    claimer = Claimer(store, WorkerSettings(), make_room(1, q=0.0001), CLOCK)
    sizes = []
    for _ in range(11):
        claimer._ready, claimer._look_at_s = ["q"], float("inf")
        claim = claimer.choose(0, None)
        assert claim is not None
        sizes.append(claim.size)
        claimer.took(claim, claim.size)
    assert sizes == [1, 2, 4, 8, 16, 32, 64, 128, 256, DEFAULT_BATCH, DEFAULT_BATCH]
    claimer.took(Claim("q", DEFAULT_BATCH), 3)
    claimer._ready, claimer._look_at_s = ["q"], float("inf")
    assert claimer.choose(0, None) == Claim("q", 3)
    assert claimer.choose(0, 2) == Claim("q", 2)
    assert claimer.choose(0, 0) is None


def claimer_of(queue: str) -> Claimer:
    """A claimer that has just seen that a queue has work."""
    store: Any = None
    claimer = Claimer(store, WorkerSettings(sleep_s=0.3), make_room(1), CLOCK)
    claimer._ready, claimer._look_at_s = [queue], float("inf")
    claimer._known.add(queue)
    return claimer


@pytest.mark.parametrize(("again_s", "wait_s"), [(inf, 0.02), (0.005, 0.02), (0.0, 0.1), (30.0, 0.02)])
def test_a_queue_whose_rules_keep_jobs_back_is_not_asked_at_once(again_s: float, wait_s: float) -> None:
    """A worker that is given nothing waits, and new jobs of that queue do not wake it for nothing; an end of its own does."""
    claimer = claimer_of("q")
    claim = claimer.choose(0, None)
    assert claim is not None
    claimer.took(claim, 0, again_s)
    assert claimer.look_in_s() == pytest.approx(wait_s, abs=0.01)
    if again_s > 1:
        claimer.hear("q")
        assert claimer.choose(0, None) is None
    claimer.work_ended(postponed=False)
    assert claimer.look_in_s() == 0


def test_a_rate_that_opens_soon_is_waited_for() -> None:
    """The wait is cut to when a rate makes room."""
    claimer = claimer_of("q")
    claimer._poll_s = 10.0
    claimer.took(Claim("q", 1), 0, 0.15)
    assert claimer.look_in_s() == pytest.approx(0.15, abs=0.02)


def test_polls_are_further_apart_the_longer_nothing_comes(queue: Queue) -> None:
    """After the last job a worker looks soon and then less often, never less than the poll interval."""
    claimer = Claimer(queue.backend.jobs, WorkerSettings(sleep_s=0.3), make_room(1), CLOCK)
    waits = []
    for _ in range(7):
        claimer._look_at_s = 0.0
        assert claimer.choose(0, None) is None
        waits.append(claimer.look_in_s())
    assert waits == pytest.approx([0.02, 0.04, 0.08, 0.16, 0.3, 0.3, 0.3], abs=0.02)


def test_what_waits_behind_a_long_run_is_released(queue: Queue, start_worker: StartWorker) -> None:
    """Jobs that were claimed because they used to be short are given back for others when one turns out long."""
    over = threading.Event()

    def run(payload: dict[str, int]) -> None:
        if payload["n"] == 30:
            over.wait(60)

    job_type = declare_handler(run)
    queue.enqueue_many([queue.new(job_type, {"n": n}) for n in range(60)])
    clock = VirtualClock()
    start_worker(clock=clock, concurrency=1)
    clock.pass_until(lambda: (queue.stats()["processing"], queue.stats()["pending"]) == (1, 29))
    other = start_worker(clock=clock, concurrency=1)
    clock.pass_until(lambda: queue.stats()["completed"] == 59)
    assert other.is_alive
    over.set()
    clock.pass_until(lambda: queue.stats()["completed"] == 60)
    assert {job.attempts for job in queue.jobs()[0]} == {1}


def test_what_is_known_is_bounded() -> None:
    """Types made up by the million do not fill the memory of a worker."""
    pace = Pace()
    for number in range(KEPT_TYPES + 10):
        pace.record("q", f"type {number}", 1.0)
    assert pace.type_average_s("type 0") is None
    assert pace.type_average_s(f"type {KEPT_TYPES + 9}") == 1.0


@EVERY_STORE
@pytest.mark.parametrize(("ack", "most"), [("each", 1), ("batch", 100)])
def test_endings_may_be_written_one_by_one(queue: Queue, start_worker: StartWorker, ack: str, most: int) -> None:
    """A type with ack "each" has no batch of finished jobs that a crash could run again."""
    store = CountingStore(queue.backend.jobs)
    job_type = declare_handler(lambda _: None, ack=ack)
    queue.enqueue_many([queue.new(job_type) for _ in range(200)])
    start_worker(store, concurrency=1, burst=True).wait()
    assert max(store.settled) >= 1
    assert sum(store.settled) == 200
    assert (max(store.settled) > 1) == (most > 1)


@pytest.mark.parametrize(("waits", "most"), [(True, 0.25 / 5), (False, 0.25 / 0.001)])
def test_who_waits_for_an_ending_counts_as_at_work(waits: bool, most: float) -> None:
    """With ack "each" on a slow store no more is held than a slot gets through, its waits for the store included."""
    pace, lease = Pace(), HeldLease("l", "q", 0.0)
    job = ClaimedJob(new_job_id(), 1, "T", "q", b"", None, 0, 0, 3, 0, None, (), None, from_us(0), from_us(0))
    run = Run(job, "w")
    lease.hold([run])
    run.started_s = CLOCK.now() - 5
    run.written = threading.Event() if waits else None
    settlement = Settlement(job.id, job.fence, job.type, Ending.COMPLETED, duration_s=0.001)
    Finisher(pace, Volume(100, "w", CLOCK.now()), CLOCK).report([RunEnding(run, settlement)], {job.id})
    average_s = pace.type_average_s("T")
    assert average_s is not None
    assert HELD_WORK_S / average_s <= most


class CountingStore(FailingStore):
    """Counts the endings of each step; what is only given back, as where the machine is slow, is none."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.settled: list[int] = []

    def step(self, lease_id: str, settlements: Any, claim: int) -> Step:
        """Pass the step on."""
        self.settled.append(sum(one.ending is not Ending.RELEASED for one in settlements))
        answer: Step = self._store.step(lease_id, settlements, claim)
        return answer


def test_trouble_is_what_may_pass() -> None:
    """A worker waits for a store that is away, and ends for what waiting does not mend."""
    from queuetui.model.errors import SchemaTooNew, Unreachable

    assert issubclass(Unreachable, STORE_TROUBLE)
    assert not issubclass(SchemaTooNew, STORE_TROUBLE)
