"""Starts and ends the demo in the parent's process.

The parent waits until there is something to see; the end leaves nothing behind.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic

from queuetui.cli.demo.crew import spawn
from queuetui.cli.demo.place import DemoPlace, make_place
from queuetui.cli.demo.scenarios import HEALTHY_QUEUE, SCENARIOS, Scenario
from queuetui.model.errors import Conflict, NotFound, Unreachable
from queuetui.model.job import Job
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Severity, Verdict
from queuetui.monitor.feed import Feed

READY_WITHIN_S = 45.0
LOOK_EVERY_S = 0.2
END_WITHIN_S = 10.0
VERDICT_WITHIN_S = 120.0
MOST_JUDGED = 500
NAME = "conductor"


@contextmanager
def playing(*, waits: bool, scenario: str | None = None, server: str | None = None) -> Iterator[DemoPlace]:
    """Start the demo, or one trouble of it, and remove all of it after the block.

    Neither a process nor a file nor a database, at the end where it `waits`, else a moment later.
    A trouble of a `server` gets a database of its own there.
    """
    if server is None:
        with _playing(scenario, waits=waits) as place:
            yield place
        return
    from queuetui.backends.native.sql.postgresql.staged_trouble import own_database

    with own_database(server) as database, _playing(scenario, waits=True, database=database) as place:
        yield place


@contextmanager
def _playing(scenario: str | None, *, waits: bool, database: str | None = None) -> Iterator[DemoPlace]:
    is_attached = scenario is not None and SCENARIOS[scenario].attach is not None
    place = make_place(is_attached=is_attached, database=database)
    if scenario is None:
        process = spawn(NAME, [str(place.folder)], place, NAME)
    else:
        process = spawn("director", [str(place.folder), scenario], place, NAME)
    try:
        if is_attached:
            _await_file(place, process)
        else:
            _await_queue(place, process)
        yield place
    finally:
        # The conductor ends when its input is closed, and removes its workers and the folder.
        if process.stdin is not None:
            process.stdin.close()
        if waits or process.poll() is not None:
            _await_end(process)
            shutil.rmtree(place.folder, ignore_errors=True)


def await_verdict(feed: Feed, scenario: Scenario, over: Event) -> Verdict | None:
    """Wait for the verdict of a scenario; None when it is interrupted or takes too long."""
    deadline = monotonic() + VERDICT_WITHIN_S
    while monotonic() < deadline and not over.wait(LOOK_EVERY_S):
        found = _verdict(feed, scenario)
        if found is not None:
            return found
    return None


def _verdict(feed: Feed, scenario: Scenario) -> Verdict | None:
    if scenario.watched:
        judged = [_explain(feed, job) for job, _ in feed.search(parse_query(scenario.watched), 1)]
    else:
        judged = [one.verdict for one in feed.poll(Watch()).warnings]
    return next((verdict for verdict in judged if verdict is not None and verdict.code is scenario.code), None)


def find_accused(feed: Feed) -> list[Verdict]:
    """Return the warnings about the healthy queue, its jobs and its worker, which should have none."""
    jobs = [verdict for _, verdict in feed.search(parse_query(f"queue:{HEALTHY_QUEUE}"), MOST_JUDGED)]
    picture = feed.poll(Watch(), thorough=True)
    healthy = {Untrusted(HEALTHY_QUEUE)}
    names = healthy | {one.place for one in picture.snapshot.workers if healthy <= set(one.queues)}
    around = [one.verdict for one in picture.warnings if one.name in names]
    return [*(one for one in jobs if one.stuck or one.severity >= Severity.WARNING), *around]


def _explain(feed: Feed, job: Job) -> Verdict | None:
    """Return the verdict of a job as `queuetui why` shows it; None when the job has moved meanwhile."""
    try:
        return feed.open(job.ref.id).verdict
    except NotFound:
        return None


def await_life(feed: Feed, tell: Callable[[str], object]) -> None:
    """Wait until jobs have completed, failed and got stuck, so that no tab is empty.

    `tell` is called with those that are still awaited.
    The wait has a limit, for slow machines.
    """
    deadline = monotonic() + READY_WITHIN_S
    told: list[str] = []
    while (awaited := _awaited(feed.poll(Watch(parts=frozenset({Part.COUNTS}))).snapshot)) and monotonic() < deadline:
        if awaited != told:
            tell(f"the workers run; waiting for a job that {', '.join(awaited)} ...")
            told = awaited
        Event().wait(LOOK_EVERY_S)


def _awaited(snapshot: Snapshot) -> list[str]:
    found = {
        "is done": snapshot.counts[State.COMPLETED],
        "failed": snapshot.counts[State.FAILED],
        "is stuck": snapshot.stuck,
    }
    return [name for name, count in found.items() if not count.value]


def _await_queue(place: DemoPlace, process: subprocess.Popen[bytes]) -> None:
    """Wait until the conductor has made the tables; raises Conflict when it ended instead."""
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.registry import open_native

    deadline = monotonic() + READY_WITHIN_S
    while monotonic() < deadline:
        if process.poll() is not None:
            said = place.log(NAME).read_text(encoding="utf-8", errors="replace").splitlines() or ["nothing"]
            raise Conflict(f"the demo ended before it began; its last words were: {said[-1]}")
        try:
            open_native(place.url, BackendOptions()).close()
        except (NotFound, Unreachable):
            Event().wait(LOOK_EVERY_S)
        else:
            return
    raise Unreachable(
        f"the demo's queue was not there after {READY_WITHIN_S:g} s; try again on a machine that is less busy"
    )


def _await_file(place: DemoPlace, process: subprocess.Popen[bytes]) -> None:
    """Wait until the tables of another product exist."""
    deadline = monotonic() + READY_WITHIN_S
    while not place.attached.exists():
        if process.poll() is not None or monotonic() > deadline:
            raise Conflict("the demo could not make the tables of the other product; start it again")
        Event().wait(LOOK_EVERY_S)


def _await_end(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
