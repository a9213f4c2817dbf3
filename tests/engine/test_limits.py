"""When a worker ends, and what it listens to."""

from __future__ import annotations

import subprocess
import sys
import threading

from queuetui.backends.base import BackendOptions
from queuetui.client import Queue
from queuetui.engine.context import Context
from queuetui.model.act import Act, Verb
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, WorkerThread, declare_handler
from tests.waiting import wait_until


def test_one_job_and_no_more(queue: Queue, start_worker: StartWorker) -> None:
    """A worker for one job waits for it, runs it and ends; the rest stays as it was."""
    worker = start_worker(jobs=1)
    jobs = queue.enqueue_many([queue.new(declare_handler(lambda _: 1)) for _ in range(3)])
    assert worker.wait().jobs == 1
    assert sorted(queue.get(job.id).state for job in jobs) == ["completed", "pending", "pending"]


def test_a_bounded_number_of_jobs(queue: Queue, start_worker: StartWorker) -> None:
    """A worker for 50 jobs runs exactly 50, with all its slots and batches."""
    job_type = declare_handler(lambda _: 1)
    queue.enqueue_many([queue.new(job_type) for _ in range(120)])
    assert start_worker(jobs=50, concurrency=5).wait().jobs == 50
    stats = queue.stats()
    assert (stats["completed"], stats["pending"], stats["processing"]) == (50, 70, 0)


@EVERY_STORE
def test_a_burst_ends_when_nothing_is_pending(queue: Queue, start_worker: StartWorker) -> None:
    """A burst works what is due, also what its own jobs enqueue, and leaves what is due later."""
    child = declare_handler(lambda _: 1)
    queue.enqueue(declare_handler(lambda _: queue.enqueue(child).id))
    queue.enqueue(child, delay=3600)
    assert start_worker(burst=True).wait().jobs == 2
    assert queue.stats()["scheduled"] == 1


@EVERY_STORE
def test_a_burst_deletes_what_is_past_its_time(queue_url: str) -> None:
    """A worker that ends before its first round of pruning takes a batch at its end, as where only such workers come."""
    with Queue(queue_url, options=BackendOptions(create=True, settings={"native.keep_completed": "0"})) as queue:
        queue.enqueue(declare_handler(lambda _: 1))
        WorkerThread(queue.backend, burst=True).wait()
        assert queue.stats()["completed"] == 0


def test_a_life_that_is_over(queue: Queue, start_worker: StartWorker, clock: VirtualClock) -> None:
    """A worker stops by itself after its time, letting what runs end."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "ended"

    job = queue.enqueue(declare_handler(run))
    worker = start_worker(clock=clock, timeout_s=60, grace_s=60)
    assert begun.wait(60)
    clock.pass_by(50)
    assert not worker.worker._stopping.asked
    clock.pass_until(lambda: worker.worker._stopping.asked, 15)
    over.set()
    clock.pass_until(lambda: not worker.is_alive)
    assert "its time of 60 s is over" in worker.wait().reason
    assert queue.get(job.id).result == "ended"


def test_too_much_memory_stops_the_worker(queue: Queue, start_worker: StartWorker) -> None:
    """A worker that holds more than its limit ends gracefully and says how much it held."""
    assert "more than its limit of 1 MB" in start_worker(max_memory_mb=1).wait().reason


@EVERY_STORE
def test_only_the_named_queues_are_worked_in_their_order(queue: Queue, start_worker: StartWorker) -> None:
    """The first named queue is emptied before the next; others are left alone."""
    ran: list[str] = []
    lock = threading.Lock()

    def run(payload: object, context: Context) -> None:
        with lock:
            ran.append(context.job.queue)

    job_type = declare_handler(run)
    for name in ("low", "other", "high"):
        queue.enqueue_many([queue.new(job_type, queue=name) for _ in range(5)])
    start_worker(queues=("high", "low"), concurrency=1, burst=True).wait()
    assert ran == ["high"] * 5 + ["low"] * 5
    assert queue.stats()["queues"]["other"]["pending"] == 5


def test_without_names_every_queue_gets_its_turn(queue: Queue, start_worker: StartWorker) -> None:
    """A full queue does not starve a small one when no order was named."""
    ran: list[str] = []
    lock = threading.Lock()

    def run(payload: object, context: Context) -> None:
        with lock:
            ran.append(context.job.queue)

    job_type = declare_handler(run)
    queue.enqueue_many([queue.new(job_type, queue="a_full") for _ in range(400)])
    queue.enqueue(job_type, queue="small")
    start_worker(concurrency=1, burst=True).wait()
    assert ran.index("small") < 200


def test_higher_priority_runs_first(queue: Queue, start_worker: StartWorker) -> None:
    """Within a queue the higher priority is claimed first, by number or by name."""
    ran: list[str] = []
    job_type = declare_handler(lambda payload: ran.append(payload["n"]))
    for name in ("low", 5, "critical", "normal", 15):
        queue.enqueue(job_type, {"n": name}, priority=name)
    start_worker(concurrency=1, burst=True).wait()
    assert ran == ["critical", 15, 5, "normal", "low"]


@EVERY_STORE
def test_a_paused_queue_is_left_alone(queue: Queue, start_worker: StartWorker) -> None:
    """Nothing of a paused queue is begun until it is resumed."""
    job = queue.enqueue(declare_handler(lambda _: 1), queue="mail")
    queue.backend.operator.apply_to_queue(Act(Verb.PAUSE, "test"), "mail")
    start_worker(burst=True).wait()
    assert queue.get(job.id).state == "pending"
    worker = start_worker()
    queue.backend.operator.apply_to_queue(Act(Verb.RESUME, "test"), "mail")
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert worker.is_alive


def test_as_many_run_at_a_time_as_there_are_slots(queue: Queue, start_worker: StartWorker) -> None:
    """Three slots run three jobs at once, and never four."""
    lock, most, now = threading.Lock(), [0], [0]
    meeting = threading.Barrier(3)

    def run(payload: object) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        meeting.wait(60)
        with lock:
            now[0] -= 1

    job_type = declare_handler(run)
    queue.enqueue_many([queue.new(job_type) for _ in range(12)])
    start_worker(concurrency=3, burst=True).wait()
    assert (most[0], queue.stats()["completed"]) == (3, 12)


def test_a_scheduled_job_is_not_run_early(queue: Queue, start_worker: StartWorker) -> None:
    """A delayed job begins at its time, without waiting for the poll interval."""
    job = queue.enqueue(declare_handler(lambda _: 1), delay=0.3)
    start_worker(sleep_s=30)
    wait_until(lambda: queue.get(job.id).state == "completed")
    done = queue.backend.inspector.get(job.id)
    assert done.started_at is not None
    assert done.scheduled_at is not None
    assert 0 <= (done.started_at - done.scheduled_at).total_seconds() < 5


@EVERY_STORE
def test_a_graceful_stop_waits_for_what_runs(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """A stop claims nothing more, gives back what has not begun, and lets what runs end."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "ended"

    running = queue.enqueue(declare_handler(run), priority=1)
    worker = start_worker(concurrency=1)
    assert begun.wait(60)
    waiting = queue.enqueue(declare_handler(lambda _: 1))
    worker.worker.stop("the test says so")
    over.set()
    assert worker.wait().unfinished == 0
    assert (queue.get(running.id).state, queue.get(waiting.id).state) == ("completed", "pending")
    assert told.of("shutdown_complete")[0]["reason"] == "the test says so"


@EVERY_STORE
def test_a_hurried_stop_gives_back_what_runs(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """When the grace is over, what still runs is pending again, uncounted, and its late result is refused."""
    begun, over = threading.Event(), threading.Event()

    def run(payload: object) -> str:
        begun.set()
        over.wait(60)
        return "too late"

    job = queue.enqueue(declare_handler(run), max_attempts=1)
    worker = start_worker()
    assert begun.wait(60)
    worker.worker.hurry()
    assert worker.wait().unfinished == 1
    over.set()
    wait_until(lambda: told.of("result_refused"))
    given_back = queue.get(job.id)
    assert (given_back.state, given_back.attempts, given_back.lost, given_back.result) == ("pending", 0, 0, None)


def test_memory_is_told_without_a_file_to_be_opened() -> None:
    """A worker whose handlers have opened as many files as it may tells what it holds, no longer what it held, and a fork its own."""
    script = """
import mmap, os, resource
from queuetui.engine.guard import LimitGuard, resident_bytes
from queuetui.engine.clock import Clock
LimitGuard(None, None, None, None, Clock())
most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, most[1]))
usual = resident_bytes()
with mmap.mmap(-1, 100_000_000) as held:
    held.write(b"x" * 100_000_000)
    full = resident_bytes()
rest = resident_bytes()
resource.setrlimit(resource.RLIMIT_NOFILE, most)
if child := os.fork():
    print(full - usual > 90_000_000, rest - usual < 50_000_000, os.waitpid(child, 0)[1])
else:
    held = b"x" * 100_000_000
    os._exit(resident_bytes() - rest < 50_000_000)
"""
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (run.stdout, run.stderr) == ("True True 0\n", "")
