"""Runs in processes that must end: at their limit, at a person's wish, with their lease; and processes that are replaced."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import psutil
import pytest

from queuetui.backends.base import JobStore
from queuetui.client import Queue
from queuetui.engine import store_health
from queuetui.engine.children import child_handle, child_pool
from queuetui.engine.clock import steady_s
from tests.engine.children import ChildrenPlace, await_end_of, await_state, family, is_running
from tests.engine.failing_store import FailingStore
from tests.engine.working import Told, WorkerThread
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
]
StartCrew = Callable[..., WorkerThread]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ChildrenPlace]:
    """A folder with an app and a queue."""
    made = ChildrenPlace(tmp_path)
    yield made
    made.end()
    assert made.overlaps == []


@pytest.fixture
def queue(place: ChildrenPlace) -> Iterator[Queue]:
    """The queue of the place."""
    with Queue(place.url) as opened:
        yield opened


@pytest.fixture
def start_crew(place: ChildrenPlace, queue: Queue, monkeypatch: pytest.MonkeyPatch) -> Iterator[StartCrew]:
    """Start workers of processes from a thread of the test's own; nothing of them is left after the test."""
    monkeypatch.syspath_prepend(str(place.folder))
    monkeypatch.setattr(store_health, "FIRST_PAUSE_S", 0.02)
    monkeypatch.setattr(store_health, "LONGEST_PAUSE_S", 0.05)
    started: list[WorkerThread] = []

    def start(store: object = None, **settings: object) -> WorkerThread:
        chosen: dict[str, Any] = {"isolation": "process", "app": "children_app", **settings}
        started.append(WorkerThread(queue.backend, cast("JobStore | None", store), **chosen))
        return started[-1]

    yield start
    for worker in started:
        worker.worker.hurry()
        worker.wait()
    assert nests() == []


def test_a_run_over_its_time_is_killed_before_its_retry(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew
) -> None:
    """A handler that holds the interpreter and ignores TERM is dead at its limit; only then can the retry be claimed."""
    job = queue.enqueue("stubborn", {"times": 2}, timeout=4, max_attempts=3)
    start_crew(sleep_s=0.02)
    await_state(queue, job.id, "completed")
    assert (queue.get(job.id).attempts, queue.get(job.id).lost) == (3, 0)
    attempts = queue.backend.inspector.attempts(job.id)
    assert [one.error.class_name.raw for one in attempts if one.error is not None] == ["Timeout"] * 2
    assert len(set(place.pids(job.id))) == 3


def test_a_handler_may_clean_up_before_it_is_killed(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its limit a handler is first asked by a signal, which runs its `finally`; it is a timeout all the same."""
    monkeypatch.setattr(child_handle, "TERM_GRACE_S", 30.0)
    job = queue.enqueue("cleaning", timeout=4, max_attempts=1)
    start_crew()
    await_state(queue, job.id, "failed")
    assert (place.folder / "cleaned").exists()
    assert queue.get(job.id).error["class"] == "Timeout"  # type: ignore[index]  # it has failed
    assert "its process was ended" in queue.get(job.id).error["message"]  # type: ignore[index]  # a failed job has its error


def test_a_cancelled_run_gives_way_by_itself(place: ChildrenPlace, queue: Queue, start_crew: StartCrew) -> None:
    """A handler that asks `cancelled()` ends as cancelled, and its process works on."""
    job = queue.enqueue("polite")
    start_crew(concurrency=1, lease_s=6.0, cancel_grace_s=20)
    child = place.await_run(job.id)
    queue.cancel(job.id)
    await_state(queue, job.id, "cancelled")
    after = queue.enqueue("where")
    await_state(queue, after.id, "completed")
    assert queue.get(after.id).result == child


def test_an_async_run_is_cancelled_where_it_waits(place: ChildrenPlace, queue: Queue, start_crew: StartCrew) -> None:
    """An async handler is cancelled at its next await, and its process lives."""
    job = queue.enqueue("drowse")
    start_crew(lease_s=6.0, cancel_grace_s=20)
    child = place.await_run(job.id)
    queue.cancel(job.id)
    await_state(queue, job.id, "cancelled")
    wait_until((place.folder / "woken").exists)
    assert is_running(child)


def test_a_cancelled_run_that_does_not_give_way_is_killed(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew
) -> None:
    """After the grace the process of a deaf handler is killed and the job ends as cancelled; its neighbour runs on."""
    neighbour, job = queue.enqueue("hold"), queue.enqueue("stubborn")
    start_crew(lease_s=6.0, cancel_grace_s=0.2)
    child, steady = place.await_run(job.id), place.await_run(neighbour.id)
    queue.cancel(job.id)
    await_state(queue, job.id, "cancelled")
    assert not is_running(child)
    assert is_running(steady)
    place.let_go()
    await_state(queue, neighbour.id, "completed")


def test_a_run_whose_lease_cannot_be_renewed_is_killed_in_time(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew, told: Told
) -> None:
    """While the store is away the process dies before the store could grant the job again, and the job runs again later."""
    job = queue.enqueue("stubborn")
    store = FailingStore(queue.backend.jobs)
    lease_s = 18.0
    start_crew(store, lease_s=lease_s)
    child = place.await_run(job.id)
    away_s = steady_s()
    store.away.set()
    await_end_of(child)
    assert steady_s() - away_s < lease_s
    wait_until(lambda: told.of("lease_lost"))
    store.away.clear()
    await_state(queue, job.id, "completed")
    assert queue.get(job.id).lost == 1


def test_a_lease_that_the_store_ended_kills_at_once(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew, told: Told
) -> None:
    """When the store says that a lease is over, its run is killed without waiting for the lease's own time."""
    job = queue.enqueue("stubborn")
    store = FailingStore(queue.backend.jobs)
    start_crew(store, lease_s=30)
    child = place.await_run(job.id)
    queue.backend.jobs.close_lease(store.leases[0])
    await_end_of(child)
    await_state(queue, job.id, "completed")


def test_a_run_that_ends_between_its_lease_and_its_kill_is_explained(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew
) -> None:
    """A handler that is told of the lost lease may return before it is killed: refused, and kept as the cause of the second run."""
    job = queue.enqueue("polite")
    store = FailingStore(queue.backend.jobs)
    start_crew(store, lease_s=18.0)
    place.await_run(job.id)
    store.away.set()
    wait_until(lambda: queue.backend.jobs.sweep(10), 60)
    store.away.clear()
    place.await_run(job.id, times=2)
    wait_until(lambda: [one.outcome for one in queue.backend.inspector.attempts(job.id)] == ["ack_lost"])
    assert (queue.get(job.id).lost, queue.get(job.id).attempts) == (1, 0)


def test_waiting_jobs_are_given_back_from_behind_a_deaf_run(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew
) -> None:
    """What was sent ahead to a process whose handler now holds its interpreter is taken back, and another runs it."""
    warm = queue.enqueue_many([queue.new("count", {"n": n}) for n in range(300)])
    start_crew(concurrency=2)
    await_state(queue, warm[-1].id, "completed")
    queue.enqueue_many([queue.new("count", {"n": n}) for n in range(300, 400)])
    queue.enqueue("stubborn", {"times": 1}, priority=1)
    queue.enqueue_many([queue.new("count", {"n": n}) for n in range(400, 500)])
    wait_until(lambda: queue.stats()["completed"] == 500)
    counted = (place.folder / "counted.txt").read_text().split()
    assert sorted(map(int, counted)) == list(range(500))


def test_async_handlers_share_one_loop(queue: Queue, start_crew: StartCrew) -> None:
    """In one process every async handler runs on the same loop, so that it can keep its connections."""
    jobs = [queue.enqueue("loop") for _ in range(3)]
    start_crew(concurrency=1)
    for job in jobs:
        await_state(queue, job.id, "completed")
    assert len({tuple(queue.get(job.id).result) for job in jobs}) == 1


def test_careful_endings_are_written_one_by_one(queue: Queue, start_crew: StartCrew) -> None:
    """With ack "each" a process begins nothing before its last ending is in the store."""
    jobs = queue.enqueue_many([queue.new("careful") for _ in range(5)])
    store = FailingStore(queue.backend.jobs)
    start_crew(store, concurrency=1, burst=True).wait()
    assert {queue.get(job.id).state for job in jobs} == {"completed"}
    assert store.calls.count("step") >= 5


def test_a_process_is_replaced_after_so_many_jobs(queue: Queue, start_crew: StartCrew, told: Told) -> None:
    """Each process runs as many jobs as it may, and leaves."""
    jobs = queue.enqueue_many([queue.new("where") for _ in range(6)])
    start_crew(concurrency=1, recycle_jobs=2, burst=True).wait()
    ran = [queue.get(job.id).result for job in jobs]
    assert {ran.count(pid) for pid in ran} == {2}
    assert "2 jobs" in told.of("child_recycled")[0]["reason"]
    await_end_of(*ran)


def test_a_process_that_holds_too_much_memory_is_replaced(queue: Queue, start_crew: StartCrew, told: Told) -> None:
    """A process over its limit ends after its run and the next job has a fresh one."""
    fat = queue.enqueue("grow", {"mb": 200})
    start_crew(concurrency=1, recycle_memory_mb=150)
    await_state(queue, fat.id, "completed")
    wait_until(lambda: told.of("child_recycled"))
    slim = queue.enqueue("where")
    await_state(queue, slim.id, "completed")
    assert queue.get(slim.id).result != queue.get(fat.id).result
    assert "more than its limit of 150 MB" in told.of("child_recycled")[0]["reason"]


def test_a_process_that_never_gets_ready_is_replaced(
    place: ChildrenPlace, queue: Queue, start_crew: StartCrew, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that is stuck before its first job is killed at its deadline and another is started."""
    monkeypatch.setattr(child_pool, "READY_WITHIN_S", 3.0)
    (place.folder / "stuck_app.py").write_text(
        "import os, signal\n"
        "from pathlib import Path\n"
        "from children_app import where\n"
        "def freeze_once():\n"
        "    flag = Path(__file__).with_name('froze')\n"
        "    if not flag.exists():\n"
        "        flag.touch()\n"
        "        os.kill(os.getpid(), signal.SIGSTOP)\n"
        "os.register_at_fork(after_in_child=freeze_once)\n"
    )
    job = queue.enqueue("where")
    start_crew(app="stuck_app")
    await_state(queue, job.id, "completed")
    assert len(told.of("child_not_ready")) == 1


def test_a_frozen_child_is_killed_at_its_limit(place: ChildrenPlace, queue: Queue, start_crew: StartCrew) -> None:
    """A process that is stopped answers no signal but the last one."""
    job = queue.enqueue("hold", timeout=3, max_attempts=1)
    start_crew()
    child = place.await_run(job.id)
    os.kill(child, signal.SIGSTOP)
    await_state(queue, job.id, "failed")
    assert not is_running(child)


def test_a_kill_reaches_only_the_run_it_is_meant_for(place: ChildrenPlace, queue: Queue, start_crew: StartCrew) -> None:
    """Runs that end just as they are to be killed end one way or the other, and what follows them in the process is not hit."""
    naps = queue.enqueue_many([queue.new("nap", {"s": 0.1 + n / 500}, timeout=0.05, max_attempts=1) for n in range(40)])
    quick = queue.enqueue_many([queue.new("count", {"n": n}) for n in range(400)])
    start_crew(concurrency=3, burst=True).wait(60)
    ended = [queue.get(job.id) for job in naps]
    assert {(job.state, job.attempts, job.lost) for job in ended} <= {("completed", 1, 0), ("failed", 1, 0)}
    assert {(job.state, job.lost) for job in (queue.get(one.id) for one in quick)} == {("completed", 0)}
    assert len((place.folder / "counted.txt").read_text().split()) == len(quick)


WORK_BETWEEN_KILLS = 8


def test_no_run_suffers_for_another(place: ChildrenPlace, queue: Queue, start_crew: StartCrew) -> None:
    """Killing one child after another under a load loses only what it was working on; every job is completed."""
    jobs = queue.enqueue_many([queue.new("nap", {"s": 0.02}) for _ in range(200)])
    start_crew(concurrency=2, lease_s=5)
    over = threading.Event()

    def torment() -> None:
        """Kill, but only once work went on since: one job that is hit three times alone is quarantined, and rightly."""
        completed = 0
        while not over.wait(0.25):
            victims = [child for fork_server in nests() for child in family(fork_server)]
            if victims and queue.stats()["completed"] >= completed + WORK_BETWEEN_KILLS:
                completed = queue.stats()["completed"]
                os.kill(victims[0], signal.SIGKILL)

    killer = threading.Thread(target=torment)
    killer.start()
    try:
        wait_until(lambda: queue.stats()["completed"] + queue.stats()["failed"] == len(jobs), 60)
    finally:
        over.set()
        killer.join()
    done = [queue.get(job.id) for job in jobs]
    assert {(job.state, job.attempts) for job in done} == {("completed", 1)}
    assert 0 < sum(job.lost for job in done) >= sum(len(place.pids(job.id)) - 1 for job in jobs)


def nests() -> list[int]:
    """Return the nests that workers in this process have started; it has other children, too."""
    return [
        one.pid for one in psutil.Process().children() if any("children.fork_server" in word for word in one.cmdline())
    ]
