"""Handlers in processes: what reaches the queue, what a death costs, and that nothing is left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuetui.client import Queue
from queuetui.model.errors import Unsupported
from tests.engine.children import ChildrenPlace, await_end_of, await_state, family, is_running, kill
from tests.engine.working import WorkerThread
from tests.waiting import wait_until

pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes through /proc"),
]


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


def test_a_handler_runs_elsewhere_and_tells_as_if_it_ran_here(place: ChildrenPlace, queue: Queue) -> None:
    """Result, error, log records with the job's ids, and the default queue are those of a thread; only the process is another."""
    told = queue.enqueue("tell", {"n": 1}, correlation_id="order-7")
    failing = queue.enqueue("no_such_type")
    parent = queue.enqueue("parent")
    worker = place.start("--isolation", "process", "--burst", "--unknown-after", "0", app="children_app")
    assert worker.wait(60) == 0
    result = queue.get(told.id).result
    assert result["pid"] not in {worker.pid, None}
    assert queue.get(failing.id).error["class"] == "UnknownType"  # type: ignore[index]  # it has failed
    assert queue.get(queue.get(parent.id).result).state == "completed"
    (said,) = [line for line in place.told(worker) if line["event"] == "log"]
    assert (said["logger"], said["message"], said["job_id"], said["correlation_id"]) == (
        "shop.tell",
        "told {'n': 1}",
        told.id,
        "order-7",
    )
    assert [line["job_id"] for line in place.told(worker) if line["event"] == "job_started"].count(told.id) == 1
    (ended,) = [
        line for line in place.told(worker) if (line["event"], line.get("job_id")) == ("job_completed", told.id)
    ]
    assert (said["user_id"], ended["user_id"]) == (7, 7)


def test_progress_of_a_run_reaches_the_queue(place: ChildrenPlace, queue: Queue) -> None:
    """What a handler reports is stored while it runs."""
    job = queue.enqueue("hold")
    place.start_isolated("--lease", "9s")
    wait_until(lambda: queue.backend.inspector.get(job.id).progress is not None)
    progress = queue.backend.inspector.get(job.id).progress
    assert progress is not None
    assert "a quarter" in progress.raw
    place.let_go()
    await_state(queue, job.id, "completed")


@pytest.mark.parametrize("how", ["SIGKILL", "exit", "segfault", "babble", "threads"])
def test_a_child_that_dies_loses_its_run_and_nothing_else(place: ChildrenPlace, queue: Queue, how: str) -> None:
    """The job runs again, counted as lost and not as an attempt, its neighbour runs on, and the worker lives."""
    neighbour = queue.enqueue("hold")
    worker = place.start("--isolation", "process", "-c", "2", app="children_app")
    steady = place.await_run(neighbour.id)
    job = queue.enqueue("die", {"how": how, "times": 1}, max_attempts=1)
    await_state(queue, job.id, "completed")
    done = queue.get(job.id)
    assert (done.attempts, done.lost, done.result) == (1, 1, "lived")
    (attempt,) = queue.backend.inspector.attempts(job.id)
    assert attempt.outcome == "lost"
    assert attempt.error is not None
    assert attempt.error.class_name.raw == "ProcessDied"
    assert is_running(steady)
    place.let_go()
    await_state(queue, neighbour.id, "completed")
    assert queue.get(neighbour.id).lost == 0
    assert worker.poll() is None


def test_a_job_that_kills_its_process_three_times_is_quarantined(place: ChildrenPlace, queue: Queue) -> None:
    """A poison job takes three children along and no worker; what comes after it is worked."""
    poison = queue.enqueue("die", {"how": "SIGKILL", "times": 9})
    worker = place.start("--isolation", "process", "-c", "1", app="children_app")
    await_state(queue, poison.id, "failed")
    dead = queue.get(poison.id)
    assert (dead.lost, dead.attempts, dead.error["class"]) == (3, 0, "PoisonPill")  # type: ignore[index]  # it has failed
    after = queue.enqueue("where")
    await_state(queue, after.id, "completed")
    assert worker.poll() is None


def test_a_killed_worker_takes_its_children_along(place: ChildrenPlace, queue: Queue) -> None:
    """After kill -9 of the worker neither the fork server nor a child that holds its interpreter is left, and the job runs elsewhere."""
    job = queue.enqueue("stubborn")
    victim = place.start("--isolation", "process", "--lease", "9s", app="children_app")
    child = place.await_run(job.id)
    relatives = family(victim.pid)
    assert child in relatives
    assert len(relatives) >= 2
    victim.send_signal(signal.SIGKILL)
    await_end_of(*relatives)
    place.start_isolated("--lease", "9s")
    await_state(queue, job.id, "completed")
    assert queue.get(job.id).lost == 1


def test_a_frozen_worker_keeps_no_run_past_its_lease(place: ChildrenPlace, queue: Queue) -> None:
    """When the worker alone is stopped, its fork server kills the run before another worker can have the job."""
    job = queue.enqueue("stubborn")
    frozen = place.start("--isolation", "process", "--lease", "18s", app="children_app")
    child = place.await_run(job.id)
    place.freeze(frozen.pid)
    place.start_isolated("--lease", "9s")
    await_state(queue, job.id, "completed")
    assert not is_running(child)
    assert place.pids(job.id)[-1] != child
    frozen.send_signal(signal.SIGCONT)
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(60) == 0
    assert (queue.get(job.id).state, queue.get(job.id).lost) == ("completed", 1)


def test_a_worker_outlives_the_fork_server(place: ChildrenPlace, queue: Queue) -> None:
    """When the process that starts children is killed, its children die, their runs are lost, and another is started."""
    job = queue.enqueue("stubborn")
    worker = place.start("--isolation", "process", app="children_app")
    child = place.await_run(job.id)
    (fork_server,) = [pid for pid in family(worker.pid) if pid != child and len(family(pid)) > 0]
    kill(fork_server)
    await_state(queue, job.id, "completed")
    assert not is_running(child)
    assert (queue.get(job.id).lost, worker.poll()) == (1, None)


def test_a_graceful_stop_leaves_nobody_behind(place: ChildrenPlace, queue: Queue) -> None:
    """After TERM what runs may end; then worker, fork server and children are gone, without a zombie."""
    running = queue.enqueue("hold")
    worker = place.start("--isolation", "process", "-c", "2", app="children_app")
    place.await_run(running.id)
    relatives = family(worker.pid)
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    # A service manager sends TERM to every process of the service: runs have their grace all the same.
    for relative in relatives:
        os.kill(relative, signal.SIGTERM)
    place.let_go()
    assert worker.wait(60) == 0
    assert queue.get(running.id).state == "completed"
    await_end_of(*relatives)


def test_a_second_signal_kills_what_runs(place: ChildrenPlace, queue: Queue) -> None:
    """A hurried stop gives the job back uncounted, and its process, deaf to everything, is dead before."""
    job = queue.enqueue("stubborn")
    worker = place.start("--isolation", "process", "--grace", "1h", app="children_app")
    place.await_run(job.id)
    relatives = family(worker.pid)
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert not any(map(is_running, relatives))
    given_back = queue.get(job.id)
    assert (given_back.state, given_back.attempts, given_back.lost) == ("pending", 0, 0)


def test_what_a_handler_started_dies_with_it(place: ChildrenPlace, queue: Queue) -> None:
    """A program that a job started is killed with the job, whether the job is ended or its process dies."""
    for how in ("timeout", "death"):
        job = queue.enqueue("spawn", max_attempts=1, timeout=3 if how == "timeout" else 600)
        worker = place.start("--isolation", "process", "--once", app="children_app")
        child = place.await_run(job.id)
        sleeper = int(
            wait_until(lambda: (place.folder / "sleeper").exists() and (place.folder / "sleeper").read_text())
        )
        if how == "death":
            kill(child)
        await_end_of(sleeper)
        (place.folder / "sleeper").unlink()
        assert worker.wait(60) == 0


def test_an_application_that_does_not_load_is_said_at_once(place: ChildrenPlace) -> None:
    """A missing module and one that fails on import end the worker with one line, as in threads."""
    (place.folder / "broken_app.py").write_text("raise RuntimeError('no database on import')\n")
    missing = place.run("worker", "--url", place.url, "--isolation", "process", "--app", "no_such_app")
    assert (missing.returncode, "no module 'no_such_app'" in missing.stderr) == (4, True)
    broken = place.run("worker", "--url", place.url, "--isolation", "process", "--app", "broken_app")
    assert (broken.returncode, "no database on import" in broken.stderr) == (2, True)
    assert "Traceback" not in missing.stderr + broken.stderr


def test_a_program_that_cannot_be_started_is_said_at_once(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the interpreter may not be run, or no file can be opened, a worker of processes says so and ends."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "gone"))
    with pytest.raises(Unsupported, match=r"No such file.*--isolation thread"):
        WorkerThread(queue.backend, isolation="process").wait(20)


def test_only_the_types_that_ask_for_it_run_in_processes_by_default(place: ChildrenPlace, queue: Queue) -> None:
    """Without --isolation a hard limit brings a child and kills it there; everything else stays in the worker."""
    here = queue.enqueue("where")
    worker = place.start("-c", "1", app="children_app")
    await_state(queue, here.id, "completed")
    assert queue.get(here.id).result == worker.pid
    assert family(worker.pid) == []
    hard = queue.enqueue("hard", max_attempts=1)
    await_state(queue, hard.id, "failed")
    (child,) = place.pids(hard.id)
    assert child != worker.pid
    assert not is_running(child)
    assert queue.get(hard.id).error["class"] == "Timeout"  # type: ignore[index]  # it has failed
    after = queue.enqueue("where")
    await_state(queue, after.id, "completed")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_a_child_that_is_not_needed_any_more_is_no_failure(place: ChildrenPlace) -> None:
    """A worker that ends before its first child is ready does not tell of a child that was killed."""
    worker = place.start("--isolation", "process", "--burst", app="children_app")
    assert worker.wait(60) == 0
    assert "child_not_ready" not in place.events(worker)
