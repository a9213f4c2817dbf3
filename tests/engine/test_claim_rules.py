"""Workers on queues with rules."""

from __future__ import annotations

import threading

from queuetui.client import Queue
from queuetui.model.act import Act, Verb
from queuetui.model.claim_rules import RulesEdit, parse_rate
from queuetui.model.state import State
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import declare_handler
from tests.waiting import wait_until


def lay_down(queue: Queue, edit: RulesEdit) -> None:
    """Lay down rules for the queue that jobs go to by default."""
    store = queue.backend
    store.rules.apply_to_rules(Act(Verb.LIMIT, "ana"), "default", edit)


class Crowd:
    """How many run at once; the first `together` wait for each other, so that they do, however slow the machine is."""

    def __init__(self, together: int = 1) -> None:
        self._meeting = threading.Barrier(together)
        self._expected = together
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0
        self.done = 0

    def run(self) -> None:
        """Be one of those that run, for a moment."""
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
            meets, self._expected = self._expected > 0, self._expected - 1
        if meets:
            self._meeting.wait(60)
        threading.Event().wait(0.02)
        with self._lock:
            self._now -= 1
            self.done += 1


@EVERY_STORE
def test_two_workers_never_run_more_than_the_limit(queue: Queue, start_worker: StartWorker) -> None:
    """However many slots workers have, no more handlers run at once than the queue's limit says, and all jobs are done."""
    crowd = Crowd(together=2)

    def hurried() -> None:
        crowd.run()

    job_type = declare_handler(hurried)
    lay_down(queue, RulesEdit(concurrency=2))
    for _ in range(30):
        queue.enqueue(job_type)
    for _ in range(2):
        start_worker(concurrency=4)
    wait_until(lambda: crowd.done == 30, timeout_s=60)
    assert crowd.most == 2


def test_room_that_another_worker_makes_is_found(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that was given nothing looks again and takes its turn when the other one is gone."""
    began, go_on = threading.Event(), threading.Event()

    def long() -> None:
        began.set()
        go_on.wait(60)

    done = threading.Event()
    first_type, second_type = declare_handler(long), declare_handler(done.set)
    lay_down(queue, RulesEdit(concurrency=1))
    queue.enqueue(first_type)
    busy = start_worker(concurrency=1, jobs=1)
    assert began.wait(60)
    queue.enqueue(second_type)
    start_worker(concurrency=1)
    assert not done.wait(0.3)
    go_on.set()
    busy.wait()
    assert done.wait(60)


def test_workers_keep_to_a_rate(queue: Queue, start_worker: StartWorker, clock: VirtualClock) -> None:
    """Jobs beyond the rate wait for its period, and are done by themselves then."""
    crowd = Crowd()

    def paced() -> None:
        crowd.run()

    job_type = declare_handler(paced)
    lay_down(queue, RulesEdit(rate=parse_rate("3/m")))
    for _ in range(5):
        queue.enqueue(job_type)
    for _ in range(2):
        start_worker(clock=clock, concurrency=4)
    wait_until(lambda: crowd.done == 3)
    clock.pass_by(30)
    assert crowd.done == 3
    clock.pass_until(lambda: crowd.done == 5)


def test_a_worker_runs_what_its_tags_allow(queue: Queue, start_worker: StartWorker) -> None:
    """A job that needs a tag waits for the worker that has it, beside one that has not."""
    ran = threading.Event()
    plain_ran = threading.Event()
    needy, plain = declare_handler(ran.set), declare_handler(plain_ran.set)
    queue.enqueue(needy, needs=["gpu"])
    queue.enqueue(plain)
    start_worker()
    assert plain_ran.wait(60)
    assert not ran.wait(0.2)
    start_worker(tags=("gpu",))
    assert ran.wait(60)


@EVERY_STORE
def test_a_burst_does_all_that_its_limit_lets_through_in_turn(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that is to end with the queue goes on while jobs of its own make room for others."""
    crowd = Crowd()

    def hurried() -> None:
        crowd.run()

    job_type = declare_handler(hurried)
    lay_down(queue, RulesEdit(concurrency=1))
    for _ in range(5):
        queue.enqueue(job_type)
    start_worker(concurrency=4, burst=True).wait()
    assert (crowd.done, crowd.most) == (5, 1)


def test_a_burst_leaves_jobs_for_other_workers(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that is to end with the queue does not wait for a job that it may never be given."""
    ran = threading.Event()
    needy = queue.enqueue(declare_handler(ran.set), needs=["gpu"])
    report = start_worker(burst=True).wait()
    assert (report.jobs, ran.is_set()) == (0, False)
    assert queue.backend.inspector.get(needy.id).state is State.PENDING
    start_worker(burst=True, tags=("gpu",)).wait()
    assert ran.is_set()
