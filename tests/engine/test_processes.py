"""Workers as processes: signals, sudden death, options and what they print."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from queuetui.client import Queue
from tests.engine.processes import SOURCE, Place
from tests.waiting import wait_until

pytestmark = pytest.mark.timed


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder with an app and a queue."""
    made = Place(tmp_path)
    yield made
    made.end()


@pytest.fixture
def queue(place: Place) -> Iterator[Queue]:
    """The queue of the place."""
    with Queue(place.url) as opened:
        yield opened


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_stops_gracefully(place: Place, queue: Queue, number: signal.Signals) -> None:
    """After TERM, INT or HUP what runs may end, nothing new begins, and the exit code is 0."""
    running = queue.enqueue("hold", {"n": 1})
    worker = place.start("-c", "1")
    place.await_beginning("1")
    waiting = queue.enqueue("write", {"n": 2})
    worker.send_signal(number)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    place.let_go()
    assert worker.wait(60) == 0
    assert (queue.get(running.id).state, queue.get(waiting.id).state) == ("completed", "pending")
    assert place.events(worker)[-1] == "shutdown_complete"
    assert place.told(worker)[-1]["reason"] == number.name


def test_a_timer_that_still_ticks_does_not_end_a_worker_that_stops(place: Place, queue: Queue) -> None:
    """Timers that a handler left ticking are logged once a signal, and the worker stops with code 0."""
    job = queue.enqueue("arm", {"n": 1})
    worker = place.start("--isolation", "thread")
    wait_until(lambda: place.events(worker).count("timer_ignored") >= 3)
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    place.let_go()
    assert worker.wait(60) == 0
    ignored = [line["signal"] for line in place.told(worker) if line["event"] == "timer_ignored"]
    assert sorted(ignored) == ["SIGALRM", "SIGPROF", "SIGVTALRM"]
    assert place.told(worker)[-1]["timers"] == "ITIMER_REAL,ITIMER_VIRTUAL,ITIMER_PROF"
    assert queue.get(job.id).state == "completed"


def test_the_grace_has_an_end(place: Place, queue: Queue) -> None:
    """A handler that does not end within the grace is left behind: its job is given back and the process ends."""
    job = queue.enqueue("deaf")
    worker = place.start("--grace", "300ms")
    place.await_beginning("deaf")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    given_back = queue.get(job.id)
    assert (given_back.state, given_back.attempts, given_back.lost) == ("pending", 0, 0)


def test_what_handlers_leave_does_not_keep_a_worker_from_ending(place: Place, queue: Queue) -> None:
    """A thread that goes on and a stream that is closed hold up neither the end nor its exit code."""
    job = queue.enqueue("leave")
    worker = place.start("--burst", "--isolation", "thread")
    assert worker.wait(60) == 0
    assert queue.get(job.id).state == "completed"
    assert place.events(worker)[-1] == "threads_left"


def test_a_second_signal_hurries(place: Place, queue: Queue) -> None:
    """The second signal does not wait for the grace."""
    job = queue.enqueue("deaf")
    worker = place.start("--grace", "1h")
    place.await_beginning("deaf")
    worker.send_signal(signal.SIGTERM)
    wait_until(lambda: "shutdown_signal" in place.events(worker))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    assert queue.get(job.id).state == "pending"


def test_the_jobs_of_a_killed_worker_are_worked_by_another(place: Place, queue: Queue) -> None:
    """After kill -9 another worker sweeps the lease and runs the job again, counted as lost."""
    job = queue.enqueue("hold", {"n": 1}, max_attempts=1)
    victim = place.start("--lease", "3s")
    place.await_beginning("1")
    other = place.start("--lease", "9s")
    victim.send_signal(signal.SIGKILL)
    place.let_go()
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert (queue.get(job.id).attempts, queue.get(job.id).lost) == (1, 1)
    wait_until(lambda: "job_rescued" in place.events(other))


def test_a_frozen_worker_changes_nothing_when_it_wakes(place: Place, queue: Queue) -> None:
    """A worker that was stopped for longer than its lease finds its job in other hands, and its result is refused."""
    job = queue.enqueue("hold", {"n": 1})
    frozen = place.start("--lease", "3s")
    place.await_beginning("1")
    place.freeze(frozen.pid)
    other = place.start("--lease", "9s")
    wait_until(lambda: "job_started" in place.events(other))
    place.let_go()
    wait_until(lambda: queue.get(job.id).state == "completed")
    before = queue.get(job.id)
    frozen.send_signal(signal.SIGCONT)
    wait_until(lambda: "result_refused" in place.events(frozen))
    assert queue.get(job.id) == before
    assert (before.attempts, before.lost, before.worker) == (1, 1, place.told(other)[0]["worker"])
    wait_until(lambda: [one.outcome for one in queue.backend.inspector.attempts(job.id)] in (["lost"], ["ack_lost"]))
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(60) == 0


def test_a_job_that_kills_its_worker_is_quarantined(place: Place, queue: Queue) -> None:
    """The third worker that dies of a job is the last one."""
    job = queue.enqueue("kill_worker")
    deaths = 0
    for _ in range(3):
        deaths += place.start("--lease", "3s").wait(60) == -signal.SIGKILL
    last = place.start("--lease", "9s")
    wait_until(lambda: queue.get(job.id).state == "failed")
    dead = queue.get(job.id)
    assert dead.error is not None
    assert (deaths, dead.lost, dead.error["class"]) == (3, 3, "PoisonPill")
    assert last.poll() is None


def test_a_hundred_jobs_survive_a_killed_worker(place: Place, queue: Queue) -> None:
    """Every job is completed once; a run beyond the first is explained by the kill."""
    jobs = queue.enqueue_many([queue.new("write", {"n": n}) for n in range(300)])
    victim = place.start("--lease", "3s", "--log-level", "error")
    wait_until((place.folder / "written.txt").exists)
    victim.send_signal(signal.SIGKILL)
    place.start("--lease", "9s", "--log-level", "error")
    wait_until(lambda: queue.stats()["completed"] == 300)
    done = [queue.get(job.id) for job in jobs]
    written = [line.split() for line in (place.folder / "written.txt").read_text().splitlines()]
    assert {int(n) for n, _ in written} == set(range(300))
    assert len(written) - 300 <= sum(job.lost for job in done)
    assert {job.attempts for job in done} == {1}


def test_one_job_and_a_number_of_jobs(place: Place, queue: Queue) -> None:
    """--once runs one job, --jobs N at most N, and --burst what there is."""
    queue.enqueue_many([queue.new("write", {"n": n}) for n in range(10)])
    assert place.start("--once").wait(60) == 0
    assert queue.stats()["completed"] == 1
    assert place.start("--jobs", "4").wait(60) == 0
    assert queue.stats()["completed"] == 5
    assert place.start("--burst").wait(60) == 0
    assert queue.stats()["completed"] == 10


def test_what_a_worker_says(place: Place, queue: Queue) -> None:
    """Off a terminal every line is JSON with time, level and event; events of a job hold its ids."""
    job = queue.enqueue("write", {"n": 1}, correlation_id="order-7", queue="mail")
    worker = place.start("--burst", "-q", "mail", "-c", "2")
    assert worker.wait(60) == 0
    told = place.told(worker)
    assert all({"time", "level", "event"} <= set(line) for line in told)
    started = told[0]
    assert (started["event"], started["poll_interval_s"], started["queues"], started["concurrency"]) == (
        "worker_started",
        0.05,
        "mail",
        2,
    )
    done = next(line for line in told if line["event"] == "job_completed")
    assert {name: done[name] for name in ("job_id", "job_type", "queue", "attempt", "correlation_id", "worker")} == {
        "job_id": job.id,
        "job_type": "write",
        "queue": "mail",
        "attempt": 1,
        "correlation_id": "order-7",
        "worker": started["worker"],
    }
    assert done["duration_s"] >= 0


def test_handlers_enqueue_where_their_worker_works(place: Place, queue: Queue) -> None:
    """`Queue()` within a handler is the worker's own store, and the correlation id goes along."""
    parent = queue.enqueue("parent", correlation_id="order-9")
    assert place.start("--burst").wait(60) == 0
    child = queue.get(queue.get(parent.id).result)
    assert (child.state, child.correlation_id) == ("completed", "order-9")


def test_the_exit_code_is_0_whatever_jobs_did(place: Place, queue: Queue) -> None:
    """Failing jobs, unknown types and refused paths do not fail the worker."""
    jobs = [queue.enqueue(job_type) for job_type in ("no_such_type", "os:system", "bare", "held_app:bare", "write")]
    worker = place.start("--burst", "--unknown-after", "0")
    assert worker.wait(60) == 0
    states = [queue.get(job.id).state for job in jobs]
    assert states == ["failed", "failed", "completed", "completed", "retrying"]


@pytest.mark.parametrize(
    ("options", "said", "code"),
    [
        (("--app", "no_such_app"), "no module 'no_such_app'", 4),
        (("--concurrency", "0"), "concurrency", 2),
        (("--sleep", "soon"), "not a duration", 2),
        (("--isolation", "rooms"), "isolation", 2),
        (("--url", "postgresql://someone:hunter2@127.0.0.1:1/nothing"), "127.0.0.1", 3),
        (("--url", "gopher://x"), "gopher", 2),
    ],
)
def test_bad_input_gets_one_line_and_a_code(place: Place, options: tuple[str, ...], said: str, code: int) -> None:
    """A worker that cannot start says why and never shows a password."""
    url = () if "--url" in options else ("--url", place.url)
    run = place.run("worker", *url, *options)
    assert run.returncode == code, run.stderr
    assert said in run.stderr
    assert "hunter2" not in run.stderr
    assert "Traceback" not in run.stderr


def test_a_worker_loads_no_screen(place: Place) -> None:
    """Neither Textual nor any console code is loaded by a worker that works."""
    code = (
        "import sys\n"
        "from queuetui.cli.main import run\n"
        f"run(['worker', '--url', {place.url!r}, '--burst'])\n"
        "print([name for name in sys.modules if name.split('.')[0] == 'textual' or name.startswith('queuetui.tui')])\n"
    )
    environment = {**place.environment(), "PYTHONPATH": str(SOURCE)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=place.folder, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_enqueue_prints_the_id(place: Place, queue: Queue) -> None:
    """The id is all of standard output, so that scripts can keep it; every option is stored."""
    run = place.run(
        *("enqueue", "write", "--url", place.url, "-p", '{"n": 1}', "-q", "mail", "--priority", "high"),
        *("--delay", "1h", "--max-attempts", "7", "--key", "k", "--correlation-id", "c", "--tag", "eu", "--name", "n"),
    )
    assert (run.returncode, run.stderr) == (0, "")
    job = queue.get(run.stdout.strip())
    assert (job.queue, job.priority, job.max_attempts, job.state) == ("mail", 10, 7, "scheduled")
    assert (job.idempotency_key, job.correlation_id, job.tags, job.name) == ("k", "c", ["eu"], "n")
    again = place.run("enqueue", "write", "--url", place.url, "--key", "k", "--json")
    assert again.returncode == 0
    assert '"created": false' in again.stdout
    assert job.id in again.stderr


def test_enqueue_reads_files_and_standard_input(place: Place, queue: Queue) -> None:
    """A payload may be an argument, a file or what is piped in."""
    (place.folder / "payload.json").write_text('{"n": "file"}')
    from_file = place.run("enqueue", "write", "--url", place.url, "-p", "@payload.json")
    from_pipe = place.run("enqueue", "write", "--url", place.url, "-p", "-", given='{"n": "pipe"}')
    payloads = [queue.get(run.stdout.strip()).payload for run in (from_file, from_pipe)]
    assert payloads == [{"n": "file"}, {"n": "pipe"}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("-p", '{"a": '), "line 1, column 7"),
        (("-p", "@missing.json"), "missing.json"),
        (("-p", "NaN"), "payload is nan"),
        (("--priority", "urgent"), "urgent"),
        (("--delay", "soon"), "not a duration"),
        (("--at", "tomorrow"), "is no time"),
        (("--delay", "1h", "--at", "2030-01-01T00:00:00Z"), "give one of them"),
        (("--max-attempts", "0"), "max-attempts"),
    ],
)
def test_enqueue_refuses_what_it_cannot_read(place: Place, options: tuple[str, ...], said: str) -> None:
    """Bad input gets one clear line, and nothing is stored."""
    run = place.run("enqueue", "write", "--url", place.url, *options)
    assert run.returncode in {1, 2}
    assert said in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert run.stdout == ""
