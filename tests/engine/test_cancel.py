"""Runs that are to end before their handler is done: cancelled, or over their time."""

from __future__ import annotations

import asyncio
import threading

import pytest

from queuetui.client import Queue
from queuetui.engine import guard
from queuetui.engine.context import CancelCause, Context
from queuetui.model.act import Outcome
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, declare_handler
from tests.waiting import wait_until


@EVERY_STORE
def test_a_waiting_job_is_cancelled_at_once(queue: Queue, start_worker: StartWorker) -> None:
    """A cancelled job is never run."""
    ran = threading.Event()
    job = queue.enqueue(declare_handler(lambda _: ran.set()))
    assert queue.cancel(job.id).outcome is Outcome.DONE
    start_worker(burst=True).wait()
    assert queue.get(job.id).state == "cancelled"
    assert not ran.is_set()


@pytest.mark.parametrize("way", ["returns", "raises", "asks"])
def test_a_running_job_gives_way(queue: Queue, start_worker: StartWorker, way: str) -> None:
    """A handler that notices the request ends as cancelled, whether it returns, raises or lets the context raise."""
    begun = threading.Event()

    def run(payload: object, context: Context) -> str:
        begun.set()
        while not context.cancelled() if way != "asks" else True:
            if way == "asks":
                context.raise_if_cancelled()
            threading.Event().wait(0.01)
        if way == "raises":
            raise ValueError("ended on the way")
        return "left early"

    job = queue.enqueue(declare_handler(run))
    clock = VirtualClock()
    start_worker(clock=clock)
    assert begun.wait(60)
    queue.cancel(job.id)
    clock.pass_until(lambda: queue.get(job.id).state == "cancelled")
    assert queue.get(job.id).result is None


@EVERY_STORE
def test_an_async_run_is_cancelled_where_it_waits(queue: Queue, start_worker: StartWorker) -> None:
    """An async handler need not ask: it is cancelled at its next await."""
    begun, cleaned = threading.Event(), threading.Event()

    async def run(payload: object) -> None:
        begun.set()
        try:
            await asyncio.sleep(60)
        finally:
            cleaned.set()

    job = queue.enqueue(declare_handler(run))
    clock = VirtualClock()
    start_worker(clock=clock)
    assert begun.wait(60)
    queue.cancel(job.id)
    clock.pass_until(lambda: queue.get(job.id).state == "cancelled")
    assert cleaned.wait(60)


@EVERY_STORE
def test_a_job_that_finishes_first_stays_finished(queue: Queue, start_worker: StartWorker) -> None:
    """A handler that never asks and completes is completed, cancel request or not."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "done"

    job = queue.enqueue(declare_handler(run))
    start_worker()
    assert begun.wait(60)
    queue.cancel(job.id)
    over.set()
    wait_until(lambda: queue.get(job.id).state != "processing")
    assert (queue.get(job.id).state, queue.get(job.id).result) == ("completed", "done")


@EVERY_STORE
def test_a_cancelled_job_is_not_tried_again(queue: Queue, start_worker: StartWorker) -> None:
    """A handler that fails after a cancel request ends as cancelled instead of retrying."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> None:
        begun.set()
        over.wait(60)
        raise ValueError("no")

    job = queue.enqueue(declare_handler(run))
    start_worker()
    assert begun.wait(60)
    queue.cancel(job.id)
    over.set()
    wait_until(lambda: queue.get(job.id).state == "cancelled")


def test_a_run_over_its_time_is_a_failure(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """The run is settled at its limit, its handler is told, and what it returns after that is refused."""
    causes: list[CancelCause | None] = []

    def run(payload: object, context: Context) -> str:
        wait_until(context.cancelled)
        causes.append(context.cancel_cause)
        return "too late"

    job = queue.enqueue(declare_handler(run), max_attempts=1, timeout=20)
    start_worker(clock=clock)
    wait_until(lambda: queue.get(job.id).state == "processing")
    clock.pass_by(19)
    assert queue.get(job.id).state == "processing"
    clock.pass_until(lambda: queue.get(job.id).state == "failed", 2)
    clock.pass_until(lambda: told.of("result_refused"))
    dead = queue.get(job.id)
    assert dead.error is not None
    assert (dead.error["class"], dead.result, causes) == ("Timeout", None, [CancelCause.TIMEOUT])
    assert wait_until(lambda: told.of("job_timed_out"))[0]["limit_s"] == 20


def test_the_nearest_limit_holds(queue: Queue, start_worker: StartWorker, clock: VirtualClock) -> None:
    """A job's own limit comes before its type's, and that before the worker's."""
    over = threading.Event()

    def run(payload: object, context: Context) -> None:
        wait_until(lambda: context.cancelled() or over.is_set())

    typed = declare_handler(run, timeout_s=20)
    plain = declare_handler(run)
    own = queue.enqueue(plain, timeout=10, max_attempts=1)
    by_type = queue.enqueue(typed, max_attempts=1)
    long = queue.enqueue(typed, timeout=600, max_attempts=1)
    by_worker = queue.enqueue(plain, max_attempts=1)
    in_turn = (own, by_type, by_worker, long)
    start_worker(clock=clock, job_timeout_s=30)
    wait_until(lambda: queue.stats()["processing"] == len(in_turn))
    for ended in range(4):
        assert [queue.get(job.id).state for job in in_turn] == ["failed"] * ended + ["processing"] * (4 - ended)
        clock.pass_by(6)
        clock.pass_until(lambda ended=ended: queue.stats()["failed"] == min(ended + 1, 3), 6)  # type: ignore[misc]  # a default binds the loop's number
    over.set()
    clock.pass_until(lambda: queue.get(long.id).state == "completed")


def test_an_async_run_over_its_time_really_ends(queue: Queue, start_worker: StartWorker, clock: VirtualClock) -> None:
    """An async handler is cancelled at its limit and holds no slot after it."""
    ended = threading.Event()

    async def run(payload: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    job = queue.enqueue(declare_handler(run), timeout=20, max_attempts=1)
    start_worker(clock=clock)
    clock.pass_until(lambda: queue.get(job.id).state == "failed")
    assert ended.wait(60)


def test_a_handler_that_never_ends_loses_its_slot(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """The only slot of a worker is not held for ever by a handler that was timed out: a new thread takes its place."""
    over = threading.Event()
    hung = queue.enqueue(declare_handler(lambda _: over.wait(600)), max_attempts=1, timeout=20)
    worker = start_worker(clock=clock, concurrency=1)
    clock.pass_until(lambda: queue.get(hung.id).state == "failed")
    after = queue.enqueue(declare_handler(lambda _: 1))
    clock.pass_until(lambda: queue.get(after.id).state == "completed")
    assert wait_until(lambda: told.of("handler_given_up"))[0]["job_id"] == hung.id
    assert worker.is_alive
    over.set()


def test_too_many_handlers_that_never_end_stop_the_worker(
    queue: Queue, start_worker: StartWorker, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads cannot be ended: a worker that gathers hung ones ends itself, so that a fresh process takes over."""
    monkeypatch.setattr(guard, "GIVEN_UP_LIMIT", 3)
    over = threading.Event()
    job_type = declare_handler(lambda _: over.wait(60))
    queue.enqueue_many([queue.new(job_type, max_attempts=1, timeout=20) for _ in range(4)])
    worker = start_worker(clock=clock, concurrency=1)
    clock.pass_until(lambda: not worker.is_alive, 90)
    assert "never ended" in worker.wait().reason
    over.set()
