"""What a worker does with the jobs of a queue."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queuetui.client import Queue
from queuetui.engine.context import Context
from queuetui.engine.outcome import Retry, Snooze
from queuetui.model.backoff import Backoff
from queuetui.model.correlation import correlated, current_correlation_id
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, declare_handler
from tests.waiting import wait_until


@EVERY_STORE
def test_a_result_is_kept(queue: Queue, start_worker: StartWorker) -> None:
    """What a handler returns is the job's result, and its payload reaches it whole."""
    payload = {"text": "\u00e9\u202e\x00", "big": 2**70, "list": [1, None, True]}
    job = queue.enqueue(declare_handler(lambda given: given), payload)
    start_worker(burst=True).wait()
    done = queue.get(job.id)
    assert (done.state, done.result, done.payload, done.attempts) == ("completed", payload, payload, 1)
    assert done.started_at is not None
    assert done.completed_at is not None


def test_a_traceback_begins_with_the_handler(queue: Queue, start_worker: StartWorker) -> None:
    """What is kept of a failure holds the handler's frames and none of the worker that called it, whatever kind of handler it is."""

    def fail(payload: object) -> None:
        raise ValueError("no")

    async def fail_later(payload: object) -> None:
        await asyncio.sleep(0)
        fail(payload)

    class Failing:
        def handle(self, payload: object) -> None:
            fail(payload)

    expected: dict[Callable[..., Any], list[str]] = {
        fail: ["fail"],
        fail_later: ["fail_later", "fail"],
        Failing: ["handle", "fail"],
    }
    jobs = {handler: queue.enqueue(declare_handler(handler), max_attempts=1) for handler in expected}
    start_worker(burst=True).wait()
    for handler, functions in expected.items():
        error = queue.get(jobs[handler].id).error
        assert error is not None
        frames = [line.rpartition(" in ")[2] for line in error["traceback"].splitlines() if line.startswith("  File ")]
        assert frames == functions


def test_a_class_handles_with_an_object_of_its_own(queue: Queue, start_worker: StartWorker) -> None:
    """A class with `handle` is made anew for each run."""

    class Counting:
        def __init__(self) -> None:
            self.calls = 0

        def handle(self, payload: dict[str, int], context: Context) -> list[object]:
            self.calls += 1
            return [payload["n"], self.calls, context.job.queue]

    job_type = declare_handler(Counting)
    jobs = [queue.enqueue(job_type, {"n": n}) for n in range(3)]
    start_worker(burst=True).wait()
    assert [queue.get(job.id).result for job in jobs] == [[n, 1, "default"] for n in range(3)]


def test_async_handlers_share_a_loop(queue: Queue, start_worker: StartWorker) -> None:
    """Async handlers run at the same time, on one loop."""
    barrier = asyncio.Barrier(3)

    async def meet(payload: object) -> int:
        await asyncio.wait_for(barrier.wait(), 10)
        return id(asyncio.get_running_loop())

    jobs = [queue.enqueue(declare_handler(meet)) for _ in range(3)]
    start_worker(burst=True, concurrency=3).wait()
    results = {queue.get(job.id).result for job in jobs}
    assert len(results) == 1
    assert None not in results


@EVERY_STORE
def test_failures_are_tried_again_until_they_are_dead_letters(
    queue: Queue, start_worker: StartWorker, told: Told
) -> None:
    """A handler that raises is run max_attempts times, and the last error stays."""
    runs: list[int] = []

    def fail(payload: object, context: Context) -> None:
        runs.append(context.attempt)
        message = f"attempt {context.attempt}, last {context.is_last_attempt}"
        raise LookupError(message)

    job_type = declare_handler(fail, backoff=Backoff(base_s=0.01, jitter=0))
    job = queue.enqueue(job_type, max_attempts=3)
    start_worker()
    wait_until(lambda: queue.get(job.id).state == "failed")
    dead = queue.get(job.id)
    assert (runs, dead.attempts, dead.lost) == ([1, 2, 3], 3, 0)
    assert dead.error is not None
    assert (dead.error["class"], dead.error["message"]) == ("LookupError", "attempt 3, last True")
    assert "in fail" in dead.error["traceback"]
    assert [one.outcome for one in queue.backend.inspector.attempts(job.id)] == ["retry", "retry", "failed"]
    wait_until(lambda: told.events(job.id) == [*["job_started", "job_retrying"] * 2, "job_started", "job_failed"])


def test_false_is_a_failure(queue: Queue, start_worker: StartWorker) -> None:
    """A handler that returns False has failed."""
    job = queue.enqueue(declare_handler(lambda _: False), max_attempts=1)
    start_worker(burst=True).wait()
    assert queue.get(job.id).state == "failed"


@pytest.mark.parametrize("ending", [SystemExit(3), KeyboardInterrupt(), MemoryError(), StopIteration()])
def test_nothing_a_handler_raises_ends_the_worker(
    queue: Queue, start_worker: StartWorker, ending: BaseException
) -> None:
    """Even SystemExit in a handler is an ending of its job alone."""

    def end(payload: object) -> None:
        raise ending

    bad = queue.enqueue(declare_handler(end), max_attempts=1)
    good = queue.enqueue(declare_handler(lambda _: 1))
    start_worker(burst=True, concurrency=1).wait()
    assert (queue.get(bad.id).state, queue.get(good.id).state) == ("failed", "completed")


@EVERY_STORE
def test_a_retry_runs_at_its_own_time(queue: Queue, start_worker: StartWorker) -> None:
    """Retry at a time counts an attempt and waits as retrying until then."""
    later = datetime.now(UTC) + timedelta(hours=1)

    def ask(payload: object) -> Retry:
        return Retry(at=later, reason="the bank is closed")

    job = queue.enqueue(declare_handler(ask))
    start_worker(burst=True).wait()
    waiting = queue.get(job.id)
    assert (waiting.state, waiting.attempts) == ("retrying", 1)
    assert waiting.scheduled_at is not None
    assert datetime.fromisoformat(waiting.scheduled_at) == later
    assert waiting.error is not None
    assert waiting.error["message"] == "the bank is closed"


@EVERY_STORE
def test_a_snooze_runs_again_without_an_attempt(queue: Queue, start_worker: StartWorker) -> None:
    """Snooze puts the job off and uses up no attempt."""
    runs: list[int] = []

    def look(payload: object, context: Context) -> str:
        runs.append(context.attempt)
        if len(runs) < 3:
            raise Snooze(0.01)
        return "there"

    job = queue.enqueue(declare_handler(look), max_attempts=1)
    start_worker()
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert (runs, queue.get(job.id).attempts) == ([1, 1, 1], 1)


def test_an_unknown_type_fails_with_what_to_do(queue: Queue, start_worker: StartWorker) -> None:
    """A job that no handler is known for becomes a dead letter that names the type, and the worker goes on."""
    jobs = [queue.enqueue(job_type) for job_type in ("no.such.type", "os:system")]
    start_worker(burst=True, unknown_after_s=0).wait()
    for job, named in zip(jobs, ("no.such.type", "os:system"), strict=True):
        dead = queue.get(job.id)
        assert (dead.state, dead.attempts) == ("failed", 1)
        assert dead.error is not None
        assert dead.error["class"] == "UnknownType"
        assert named in dead.error["message"]


@EVERY_STORE
def test_a_payload_that_is_not_json_is_kept_and_fails(queue: Queue, start_worker: StartWorker) -> None:
    """What somebody wrote by hand does not stop the worker and is not lost."""
    job_type = declare_handler(lambda payload: payload)
    stored = NewJob(new_job_id(), job_type, b'{"cut": ')
    queue.backend.jobs.enqueue([stored])
    start_worker(burst=True).wait()
    dead = queue.get(stored.id)
    assert (dead.state, dead.payload) == ("failed", '{"cut": ')
    assert dead.error is not None
    assert dead.error["class"].endswith("BadPayload")


@EVERY_STORE
def test_jobs_enqueued_by_a_handler_inherit_its_correlation_id_and_fields(
    queue: Queue, start_worker: StartWorker
) -> None:
    """One cause is followed through every job that it sets off, in threads and on the loop, with what is bound by then."""
    seen: list[str | None] = []
    fields: list[Mapping[str, object]] = []

    def grandchild(payload: object, context: Context) -> None:
        fields.append(context.bound)

    last_type = declare_handler(grandchild)

    def child(payload: object, context: Context) -> None:
        seen.append(current_correlation_id())
        context.bind(provider="acme eu")
        with correlated("order-7"):
            queue.enqueue_many(queue.new_many(last_type, range(2)))
        context.bind(too="late")

    child_type = declare_handler(child)

    def parent(payload: object, context: Context) -> None:
        context.bind(user_id=7, provider="none", api_key="k")
        queue.enqueue(child_type)

    async def async_parent(payload: object, context: Context) -> None:
        context.bind(user_id=7, provider="none", api_key="k")
        await queue.aenqueue(child_type)

    with correlated("order-7"):
        queue.enqueue(declare_handler(parent))
        queue.enqueue(declare_handler(async_parent))
    start_worker(burst=True).wait()
    assert seen == ["order-7", "order-7"]
    assert fields == [{"user_id": 7, "provider": "acme eu", "api_key": "***"}] * 4
    assert {job.correlation_id for job in queue.recent()} == {"order-7"}


def test_a_job_without_a_cause_is_its_own(queue: Queue, start_worker: StartWorker) -> None:
    """A correlation id is made where the caller has none."""
    job = queue.enqueue(declare_handler(lambda _, context: context.correlation_id))
    start_worker(burst=True).wait()
    done = queue.get(job.id)
    assert done.correlation_id is not None
    assert done.result == done.correlation_id


def test_handlers_log_with_the_ids_of_their_job(
    queue: Queue, start_worker: StartWorker, caplog: pytest.LogCaptureFixture
) -> None:
    """A record that a handler makes can be told by its job."""
    from queuetui.engine.logs import JobFacts

    def speak(payload: object, context: Context) -> None:
        context.log.warning("working on %s", payload)

    caplog.handler.addFilter(JobFacts())
    job = queue.enqueue(declare_handler(speak), {"sku": 1})
    start_worker(burst=True).wait()
    (record,) = [one for one in caplog.records if one.name == "queuetui.job"]
    facts: dict[str, Any] = record.__dict__["queuetui_fields"]
    assert record.getMessage() == "working on {'sku': 1}"
    assert (facts["job_id"], facts["queue"], facts["attempt"]) == (job.id, "default", 1)


def test_progress_of_a_long_run_is_stored(queue: Queue, start_worker: StartWorker, clock: VirtualClock) -> None:
    """A run of more than a second has a start time and the progress that its handler reports."""
    over = threading.Event()

    def crawl(payload: object, context: Context) -> None:
        context.progress(0.25, "a quarter")
        over.wait(60)

    job = queue.enqueue(declare_handler(crawl))
    worker = start_worker(clock=clock)
    clock.pass_until(lambda: queue.get(job.id).progress is not None)
    running = queue.get(job.id)
    over.set()
    assert running.state == "processing"
    assert running.progress == {"fraction": 0.25, "note": "a quarter"}
    assert running.started_at is not None
    assert running.worker == worker.worker.id


@EVERY_STORE
def test_a_thousand_jobs_run_once_each(queue: Queue, start_worker: StartWorker) -> None:
    """Two workers drain a thousand jobs: each runs once, is completed and counts one attempt."""
    runs: Counter[int] = Counter()
    lock = threading.Lock()

    def count(payload: int) -> None:
        with lock:
            runs[payload] += 1

    job_type = declare_handler(count)
    queue.enqueue_many([queue.new(job_type, number) for number in range(1000)])
    workers = [start_worker(burst=True, concurrency=3) for _ in range(2)]
    reports = [worker.wait(60) for worker in workers]
    wait_until(lambda: queue.stats()["completed"] == 1000)
    assert sum(report.jobs for report in reports) == 1000
    assert set(runs.values()) == {1}
    assert len(runs) == 1000
    assert {job.attempts for job in queue.jobs(limit=1000)[0]} == {1}


@EVERY_STORE
def test_a_worker_is_registered_while_it_works(queue: Queue, start_worker: StartWorker) -> None:
    """A worker is seen with its queues, slots and tags, beats, and takes its registration with it."""
    from queuetui.model.snapshot import Part, Watch

    clock = VirtualClock()
    worker = start_worker(queues=("mail", "sync"), concurrency=3, tags=("eu",), clock=clock)
    watch = Watch(parts=frozenset({Part.WORKERS}))
    first = wait_until(lambda: queue.backend.inspector.snapshot(watch).workers)[0]
    assert tuple(queue.raw for queue in first.queues) == ("mail", "sync")
    assert (first.slots, [tag.raw for tag in first.tags]) == (3, ["eu"])
    clock.pass_until(lambda: queue.backend.inspector.snapshot(watch).workers[0].beat_at > first.beat_at)
    assert queue.backend.inspector.snapshot(watch).workers[0].rss_bytes
    worker.stop()
    assert queue.backend.inspector.snapshot(watch).workers == ()


def test_each_start_has_a_new_identity(queue: Queue) -> None:
    """Two workers of one process share no identity, nor would one that is started again."""
    from queuetui.engine.worker import Worker
    from tests.engine.working import FAST

    assert Worker(queue.backend, FAST).id != Worker(queue.backend, FAST).id
