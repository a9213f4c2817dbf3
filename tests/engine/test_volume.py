"""How much a worker says of its routine."""

from __future__ import annotations

import logging

from queuetui.client import Queue
from queuetui.engine.logs import WORKER_LOGGER
from tests.engine.conftest import StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, declare_handler


def _fail(payload: object) -> None:
    raise ValueError("broken")


def test_few_jobs_are_told_one_by_one_and_many_together(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """Beyond the budget only the number of completed jobs is told; a failure is told whenever it comes."""
    job_type, failing = declare_handler(lambda _: None), declare_handler(_fail)
    queue.enqueue_many([queue.new(job_type, None) for _ in range(60)])
    dead = queue.enqueue(failing, None, max_attempts=1, priority=-1)
    start_worker(burst=True, log_jobs=5).wait()
    each, together = told.of("job_completed"), told.of("jobs_completed")
    assert 10 <= len(each) < 60
    assert len(told.of("job_started")) in {len(each), len(each) + 1}
    assert sum(one["jobs"] for one in together) == 60 - len(each)
    assert "job_failed" in told.events(dead.id)


def test_debug_tells_of_every_job(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """Who asks for everything gets two lines a job, however many there are."""
    WORKER_LOGGER.setLevel(logging.DEBUG)
    job_type = declare_handler(lambda _: None)
    queue.enqueue_many([queue.new(job_type, None) for _ in range(60)])
    start_worker(burst=True, log_jobs=0).wait()
    assert len(told.of("job_started")) == len(told.of("job_completed")) == 60
    assert not told.of("jobs_completed")


def test_a_long_run_is_told_of_at_its_end(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """A run of more than a second is no routine."""
    job = queue.enqueue(declare_handler(lambda _: clock.pass_by(1.1)), None)
    start_worker(clock=clock, burst=True, log_jobs=0).wait()
    assert told.events(job.id) == ["job_completed"]
