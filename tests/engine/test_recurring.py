"""Recurring jobs as workers make them: one job a slot, whoever dies, and code that wins over edits."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from threading import Thread
from typing import Any, cast

import pytest

from queuetui.backends.schedules import ScheduleStore
from queuetui.client import Queue
from queuetui.engine.clock import Clock, Wakeup
from queuetui.engine.context import Context
from queuetui.engine.recurring_jobs import Recurring
from queuetui.engine.stop import Stopping
from queuetui.engine.store_health import StoreHealth
from queuetui.model.act import Act, Outcome, Verb
from queuetui.model.declaration import Declaration, declare, declared_schedules
from queuetui.model.errors import BadConfig, Unreachable
from queuetui.model.schedule import JobPattern, Missed, Schedule, ScheduleEdit, ScheduleSpec, Timing
from queuetui.timetable import next_slot
from tests.engine.conftest import EVERY_STORE, StartWorker
from tests.engine.processes import SOURCE, Place
from tests.engine.virtual_clock import VirtualClock
from tests.engine.working import Told, declare_handler
from tests.waiting import wait_until


def store_of(queue: Queue) -> ScheduleStore:
    """Return the queue's store of schedules."""
    return queue.backend.schedules


def add(queue: Queue, job_type: str, due_s_ago: float = 0.0, name: str = "tick", **rules: Any) -> ScheduleSpec:
    """Add a schedule of every second that was due so long ago."""
    spec = ScheduleSpec(name, Timing(every_s=1), JobPattern(job_type), **rules)
    next_at = store_of(queue).schedules().now.replace(microsecond=0) - timedelta(seconds=due_s_ago)
    result = store_of(queue).apply_to_schedule(Act(Verb.SCHEDULE, "ana"), name, ScheduleEdit(None, spec, next_at))
    assert result.outcome is Outcome.DONE
    return spec


def read(queue: Queue, name: str = "tick") -> Schedule:
    """Return a schedule as it is now."""
    return {one.spec.name: one for one in store_of(queue).schedules().schedules}[name]


def pause(queue: Queue) -> None:
    """Pause the schedule, so that what was made can be counted."""
    acted = Act(Verb.PAUSE, "ana")
    assert store_of(queue).apply_to_schedule(acted, "tick", ScheduleEdit(read(queue).rev)).outcome is Outcome.DONE


@pytest.mark.timed
@EVERY_STORE
def test_three_workers_make_one_job_a_slot(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """However many workers look, each slot has one job, on time, and each job runs."""
    add(queue, declare_handler(lambda payload: payload))
    for _ in range(3):
        start_worker()
    wait_until(lambda: len(told.of("slot_taken")) >= 4)
    pause(queue)
    wait_until(lambda: queue.stats()["total"] == len(told.of("slot_taken")))
    slots = told.of("slot_taken")
    wait_until(lambda: queue.stats()["completed"] == len(told.of("slot_taken")))
    assert queue.stats()["total"] == len(slots)
    assert len({one["job_id"] for one in slots}) == len(slots)
    last_slot_at = read(queue).last_slot_at
    assert last_slot_at is not None
    # A machine that stalls makes a slot late, but not each of them.
    assert min(one["late_s"] for one in slots[1:]) < 1


def test_a_worker_that_comes_late_makes_the_latest_slot(queue: Queue, start_worker: StartWorker, told: Told) -> None:
    """After an hour without a worker one job is made for all that was missed."""
    add(queue, declare_handler(lambda payload: payload), due_s_ago=3600)
    before = datetime.now(UTC)
    start_worker()
    wait_until(lambda: told.of("slot_taken"))
    pause(queue)
    assert told.of("slot_taken")[0]["late_s"] >= 3599
    lived_s = (datetime.now(UTC) - before).total_seconds()
    assert queue.stats()["total"] <= lived_s + 2


@EVERY_STORE
def test_every_missed_slot_can_be_made_up_for(queue: Queue, start_worker: StartWorker) -> None:
    """With the policy "all" each slot of the time away has its job."""
    add(queue, declare_handler(lambda payload: payload), due_s_ago=9, missed=Missed.ALL)
    start_worker()
    wait_until(lambda: queue.stats()["completed"] >= 10)


def test_a_slot_is_passed_over_while_the_job_before_goes_on(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """Without overlap a job that takes longer than its schedule is never beside itself."""

    def hold(_: object, context: Context) -> None:
        wait_until(context.cancelled)

    add(queue, declare_handler(hold), overlap=False)
    start_worker(clock=clock)
    clock.pass_until(lambda: len(told.of("slot_overlapped")) >= 20)
    assert queue.stats()["total"] == 1


def test_a_schedule_that_cannot_be_read_stays_due(
    queue: Queue, start_worker: StartWorker, told: Told, clock: VirtualClock
) -> None:
    """A zone that this host does not know stops neither the worker nor other schedules, is said once, and stays overdue."""
    add(queue, declare_handler(lambda payload: payload))
    lost = ScheduleSpec("lost", Timing("0 0 * * *", tz="Mars/Base"), JobPattern("x"))
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    store_of(queue).apply_to_schedule(Act(Verb.SCHEDULE, "ana"), "lost", ScheduleEdit(None, lost, long_ago))
    start_worker(clock=clock)
    clock.pass_until(lambda: len(told.of("slot_taken")) >= 2)
    assert [one["schedule"] for one in told.of("schedule_unreadable")] == ["lost"]
    assert read(queue, "lost").next_at == long_ago


class Away:
    """A store whose next answers are lost."""

    def __init__(self, store: ScheduleStore) -> None:
        self._store = store
        self.lost = 0

    def __getattr__(self, name: str) -> Callable[..., object]:
        call = cast("Callable[..., object]", getattr(self._store, name))

        def answer(*values: object) -> object:
            found = call(*values)
            if name == "take_slots" and self.lost < 2:
                self.lost += 1
                raise Unreachable("the answer was lost")
            return found

        return answer


@EVERY_STORE
def test_a_lost_answer_makes_no_second_job(queue: Queue, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slot whose taking was written and never answered is not taken again."""
    monkeypatch.setattr("queuetui.engine.store_health.FIRST_PAUSE_S", 0.05)
    add(queue, "x", due_s_ago=60)
    clock = Clock()
    stopping, away = Stopping(1.0, Wakeup(), clock), Away(store_of(queue))
    recurring = Recurring(cast("ScheduleStore", away), (), stopping, StoreHealth(clock), clock)
    thread = Thread(target=recurring.run)
    thread.start()
    wait_until(lambda: told.of("slot_taken"))
    pause(queue)
    stopping.ask("done")
    thread.join(60)
    assert away.lost == 2
    slots = queue.stats()["total"]
    assert slots == 2 + len(told.of("slot_taken"))


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Declarations that are forgotten after the test."""
    from queuetui.model import declaration

    monkeypatch.setattr(declaration, "_BY_TYPE", dict(declaration._BY_TYPE))


def run_declared(queue: Queue) -> None:
    """Let a worker's part write what is declared, and stop."""
    clock = Clock()
    stopping = Stopping(1.0, Wakeup(), clock)
    recurring = Recurring(store_of(queue), declared_schedules(), stopping, StoreHealth(clock), clock)
    recurring._declare()


@EVERY_STORE
@pytest.mark.usefixtures("declared")
def test_code_wins_over_edits_and_leaves_a_pause(queue: Queue) -> None:
    """A worker's start writes what the code says; a slot that is awaited and a pause stay."""
    timing = Timing("0 3 * * *", tz="Europe/Berlin")
    declare(Declaration("nightly", lambda payload: payload, queue="mail", timing=timing, overlap=False))
    run_declared(queue)
    first = read(queue, "nightly")
    assert first.spec == ScheduleSpec("nightly", timing, JobPattern("nightly", queue="mail"), overlap=False)
    assert (first.declared, first.next_at) == (True, next_slot(timing, datetime.now(UTC)))
    run_declared(queue)
    assert read(queue, "nightly") == first
    store = store_of(queue)
    store.apply_to_schedule(Act(Verb.PAUSE, "ana"), "nightly", ScheduleEdit(first.rev))
    edited = ScheduleSpec("nightly", Timing(every_s=5), JobPattern("other"))
    store.apply_to_schedule(Act(Verb.SCHEDULE, "ana"), "nightly", ScheduleEdit(first.rev + 1, edited, first.next_at))
    run_declared(queue)
    again = read(queue, "nightly")
    assert (again.spec, again.paused_by) == (first.spec, "ana")


@pytest.mark.usefixtures("declared")
def test_a_declared_timing_that_cannot_be_stops_the_worker_at_its_start(queue: Queue) -> None:
    """A worker does not start with a schedule that would never run; the error names the job type."""
    declare(Declaration("never", lambda payload: payload, timing=Timing("99 * * * *")))
    with pytest.raises(BadConfig, match=r"never.*bad minute"):
        run_declared(queue)


APP = """
    from queuetui import job

    @job("tick", every=1)
    def tick(payload):
        return "ticked"
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A folder with an app that declares a recurring job, and a queue."""
    made = Place(tmp_path)
    (tmp_path / "ticking_app.py").write_text(dedent(APP))
    yield made
    made.end()


@pytest.mark.timed
@pytest.mark.parametrize("isolation", ["thread", "process"])
def test_workers_that_are_killed_leave_one_job_a_slot(place: Place, isolation: str) -> None:
    """Workers killed while they make slots lose none that is still awaited and make none twice, in either isolation."""
    workers = [place.start("--isolation", isolation, app="ticking_app") for _ in range(3)]

    def await_more(queue: Queue, jobs: int) -> None:
        before: int = queue.stats()["completed"]
        wait_until(lambda: queue.stats()["completed"] >= before + jobs)

    with Queue(place.url) as queue:
        for doomed in workers[:2]:
            await_more(queue, 1)
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
        await_more(queue, 2)
        workers[2].send_signal(signal.SIGTERM)
        workers[2].wait()
        jobs = {job.id.replace("-", "") for job in queue.recent(100)}
    with closing(sqlite3.connect(place.folder / "queue.db")) as connection:
        slots = connection.execute("select lower(hex(job_id)) from queuetui_slot").fetchall()
    assert sorted(job_id for (job_id,) in slots) == sorted(jobs)


DYING = """
    import os
    import signal
    import sys

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.native.sql.worker import enqueue as enqueueing
    from queuetui.backends.registry import open_native
    from queuetui.timetable import take

    store = open_native(sys.argv[1], BackendOptions())
    (seen,) = store.schedules.due_schedules(1).schedules
    write = enqueueing.enqueue

    def write_and_die(session, rows):
        write(session, rows)
        os.kill(os.getpid(), signal.SIGKILL)

    enqueueing.enqueue = write_and_die
    store.schedules.take_slots(seen.spec.name, seen.rev, seen.next_at, take(seen.spec, seen.next_at, seen.next_at))
"""


@pytest.mark.parametrize("store_kind", ["sqlite", "postgresql"])
def test_a_worker_that_dies_within_a_slot_leaves_it_whole(
    queue: Queue, queue_url: str, start_worker: StartWorker, told: Told
) -> None:
    """Killed between the job and the commit, neither job nor slot is there, and the next worker makes both."""
    add(queue, declare_handler(lambda payload: payload), missed=Missed.ALL)
    first_slot_at = read(queue).next_at
    command = [sys.executable, "-c", dedent(DYING), queue_url]
    died = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(SOURCE)}, check=False)
    assert died.returncode == -signal.SIGKILL
    assert (queue.stats()["total"], read(queue).next_at) == (0, first_slot_at)
    start_worker()
    wait_until(lambda: told.of("slot_taken"))
    assert read(queue).last_slot_at is not None
