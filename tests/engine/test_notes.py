"""What handlers tell beside their endings: logs, counters, what they took, and how long results last."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from queuetui.client import Queue
from queuetui.engine import notekeeper
from queuetui.engine.context import Context
from queuetui.engine.held import Run, RunEnding
from queuetui.engine.notekeeper import Notekeeper
from queuetui.engine.notes import Notes
from queuetui.model.job import ClaimedJob, Ending, Settlement
from queuetui.model.run_notes import (
    COUNTERS_A_RUN,
    LARGEST_COUNT,
    LOG_CAP_CHARS,
    LOG_LINES,
    NotedRun,
    RunNotes,
    add_usage,
)
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import declare_handler
from tests.waiting import wait_until

APP = """
    import logging
    import threading
    from pathlib import Path
    from queuetui import Context, job

    @job("long")
    def long(payload, context: Context):
        context.log.warning("begun")
        context.progress(0.5, "half")
        context.count("credits", 2)
        while not (Path(payload) / "go").exists():
            threading.Event().wait(0.02)
        context.count("credits", 1)
        logging.getLogger("shop").warning("ended %s", "well")
        return "held"

    @job("heavy", measure=True)
    def heavy(payload):
        blob = bytearray(b"x") * 60_000_000
        return sum(range(300_000)) and len(blob)

    @job("slow", result_ttl=0.2)
    def slow(payload, context: Context):
        context.log.warning("begun")
        while not (Path(payload) / "go").exists():
            threading.Event().wait(0.02)
        return "slow"

    @job("brief", result_ttl=6.0)
    def brief(payload):
        return "brief"
"""


@pytest.fixture
def app_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with handlers that children can load."""
    (tmp_path / "noting_app.py").write_text(dedent(APP))
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.fixture(autouse=True)
def _log_level() -> Iterator[None]:
    """Handlers log from INFO on."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


def notes_of(queue: Queue, job_id: str) -> tuple[NotedRun, ...]:
    """Return what is kept of a job's runs."""
    return queue.backend.inspector.view(job_id, 0).runs


def log_of(queue: Queue, job_id: str) -> list[str]:
    """Return the kept lines of a job's last run, less their times."""
    runs = notes_of(queue, job_id)
    if not runs or runs[-1].log is None:
        return []
    return [line.partition(" ")[2] if line[:2] == "20" else line for line in runs[-1].log.raw.split("\n")]


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_long_run_is_seen_while_it_runs(
    queue: Queue, start_worker: StartWorker, app_folder: Path, isolation: str
) -> None:
    """Progress, log lines and counters of a running job reach the store before it ends, and what comes later with its end."""
    job = queue.enqueue("long", str(app_folder))
    start_worker(app="noting_app", isolation=isolation, jobs=1, root=app_folder)
    wait_until(lambda: log_of(queue, job.id) == ["warning begun"])
    wait_until(lambda: queue.get(job.id).progress == {"fraction": 0.5, "note": "half"})
    wait_until(lambda: add_usage(notes_of(queue, job.id)) == {"credits": 2})
    (app_folder / "go").touch()
    wait_until(lambda: queue.get(job.id).state == "completed")
    assert log_of(queue, job.id) == ["warning begun", "warning ended well"]
    assert add_usage(notes_of(queue, job.id)) == {"credits": 3}


@EVERY_STORE
def test_a_failed_run_keeps_its_log(queue: Queue, start_worker: StartWorker) -> None:
    """However short it was; with the traceback of what it logged as an exception."""

    def fail(payload: object, context: Context) -> None:
        context.log.info("before")
        try:
            raise KeyError("inner")
        except KeyError:
            context.log.exception("caught")
        raise ValueError("outer")

    job = queue.enqueue(declare_handler(fail), max_attempts=1)
    start_worker(burst=True).wait()
    kept = log_of(queue, job.id)
    assert kept[:3] == ["info before", "error caught", "Traceback (most recent call last):"]
    assert kept[-1] == "KeyError: 'inner'"


def test_a_short_run_that_ends_well_writes_nothing(
    queue: Queue, start_worker: StartWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log is not worth a write."""
    monkeypatch.setattr(notekeeper, "LONG_RUN_S", 60.0)

    def run(payload: object, context: Context) -> None:
        context.log.info("nothing to see")

    job = queue.enqueue(declare_handler(run))
    start_worker(burst=True).wait()
    assert (queue.get(job.id).state, notes_of(queue, job.id)) == ("completed", ())


@EVERY_STORE
def test_counters_of_short_runs_are_kept(queue: Queue, start_worker: StartWorker) -> None:
    """What many short runs count stands with each job and in the totals by queue and type."""

    def run(payload: int, context: Context) -> None:
        context.count("credits", payload)
        context.count("calls")

    job_type = declare_handler(run)
    jobs = queue.enqueue_many([queue.new(job_type, number, queue="mail") for number in range(1, 21)])
    start_worker(burst=True).wait()
    assert add_usage(notes_of(queue, jobs[4].id)) == {"credits": 5, "calls": 1}
    found = {(one.queue.raw, one.type.raw, one.name.raw): one.amount for one in queue.backend.notes.usage_totals(60)}
    assert found == {("mail", job_type, "credits"): 210, ("mail", job_type, "calls"): 20}


@EVERY_STORE
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_a_measured_type(queue: Queue, start_worker: StartWorker, app_folder: Path, isolation: str) -> None:
    """Its runs keep their processor time, and in a process the most memory that was held."""
    job = queue.enqueue("heavy")
    start_worker(app="noting_app", isolation=isolation, burst=True, root=app_folder).wait()
    (run,) = notes_of(queue, job.id)
    assert run.cpu_s is not None
    assert 0.001 < run.cpu_s < 10
    assert (run.peak_bytes is not None) == (isolation == "process")
    assert run.peak_bytes is None or run.peak_bytes > 60_000_000


def test_a_worker_that_measures_all(queue: Queue, start_worker: StartWorker) -> None:
    """Every run of it keeps its processor time, a failed one and an async one too."""

    async def run_async(payload: object) -> None:
        threading.Event()

    def fail(payload: object) -> None:
        raise ValueError("no")

    failing = queue.enqueue(declare_handler(fail), max_attempts=1)
    waiting = queue.enqueue(declare_handler(run_async))
    start_worker(burst=True, measure=True).wait()
    assert notes_of(queue, failing.id)[0].cpu_s is not None
    assert notes_of(queue, waiting.id) == ()


def test_a_result_with_a_time_to_live(
    queue: Queue, start_worker: StartWorker, app_folder: Path, clock: VirtualClock
) -> None:
    """The result of such a type is there at first and deleted by a worker later; its job stays."""
    job = queue.enqueue("brief")
    start_worker(clock=clock, app="noting_app", isolation="thread", burst=True, root=app_folder).wait()
    shown = queue.get(job.id)
    clock.pass_until(lambda: queue.backend.jobs.prune(10) == 0 and queue.get(job.id).result is None)
    assert (shown.result, queue.get(job.id).result, queue.get(job.id).state) == ("brief", None, "completed")


def test_the_time_to_live_of_a_long_runs_result(
    queue: Queue, start_worker: StartWorker, app_folder: Path, clock: VirtualClock
) -> None:
    """The result of a run that has told something while it lasted, and nothing since, has its time to live all the same."""
    job = queue.enqueue("slow", str(app_folder))
    worker = start_worker(clock=clock, app="noting_app", isolation="thread", jobs=1, root=app_folder)
    clock.pass_until(lambda: log_of(queue, job.id) == ["warning begun"])
    (app_folder / "go").touch()
    clock.pass_until(lambda: not worker.is_alive)
    assert queue.get(job.id).state == "completed"
    clock.pass_until(lambda: queue.backend.jobs.prune(10) == 0 and queue.get(job.id).result is None)


def test_only_the_last_lines_are_held() -> None:
    """At most so many lines and so many characters; how many are gone is told."""
    notes = Notes()
    for number in range(LOG_LINES + 50):
        notes.add_line(f"line {number}")
    assert (len(notes._lines), notes._lines[0], notes._cut) == (LOG_LINES, "line 50", 50)
    notes.add_line("x" * (2 * LOG_CAP_CHARS))
    assert (len(notes._lines), sum(map(len, notes._lines))) == (1, LOG_CAP_CHARS)


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("", 1),
        ("x" * 65, 1),
        ("a\0b", 1),
        ("half \ud800", 1),
        ("ok", float("nan")),
        ("ok", float("inf")),
        ("ok", 1e101),
        ("ok", 10**400),
    ],
)
def test_what_cannot_be_counted(name: str, amount: float) -> None:
    """A counter has a short name and finite amounts, far from what a store cannot sum up."""
    with pytest.raises(ValueError, match=r"counter|name"):
        Notes().count(name, amount)


def test_a_sum_stays_within_bounds() -> None:
    """What each could be kept may not come to more together, and what was counted before stands."""
    notes = Notes()
    notes.count("n", LARGEST_COUNT)
    with pytest.raises(ValueError, match="finite numbers"):
        notes.count("n", LARGEST_COUNT)
    assert notes.usage == {"n": LARGEST_COUNT}


def test_no_more_counters_than_a_run_may_have() -> None:
    """Names made of data do not fill the store."""
    notes = Notes()
    for number in range(COUNTERS_A_RUN):
        notes.count(f"c{number}", 1)
    with pytest.raises(ValueError, match="one more than"):
        notes.count("c-more", 1)
    notes.count("c1", 1)


class HurriedNotes(Notes):
    """Notes whose handler logs once more in the very moment after they were first described."""

    __slots__ = ("late",)

    def describe(self, job: ClaimedJob, *, log: bool, completed: bool = False) -> RunNotes | None:
        """Describe, and let the handler log."""
        told = super().describe(job, log=log, completed=completed)
        if not self.log_written:
            self.add_line("late")
        return told


def test_what_is_logged_while_notes_are_written_is_written_next(queue: Queue) -> None:
    """A line that comes between the look at a run's notes and their writing is not held to be written with them."""
    queue.enqueue("Slow", {})
    lease = queue.backend.jobs.open_lease("w", "default", 30)
    (claimed,) = queue.backend.jobs.step(lease.id, [], 1).claimed
    run = Run(claimed, "w")
    run.started_s, notes = 0.0, HurriedNotes()
    run.context._notes = notes
    notes.add_line("early")
    keeper = Notekeeper(queue.backend.notes)
    keeper.write_running(lease.id, [run], 2.0)
    keeper.write_ended(
        lease.id, [RunEnding(run, Settlement(claimed.id, claimed.fence, claimed.type, Ending.COMPLETED, 2.0))]
    )
    (noted,) = notes_of(queue, claimed.id)
    assert noted.log is not None
    assert noted.log.raw == "early\nlate"
