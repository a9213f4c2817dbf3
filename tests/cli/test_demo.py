"""The demo: alive while it is looked at, gone without a trace after."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pexpect
import psutil
import pytest

from queuetui.cli.demo.place import DemoPlace
from queuetui.cli.demo.workload import make_job, open_workload, standing_jobs
from queuetui.cli.store_places import find_in
from queuetui.model.errors import QueueTuiError
from queuetui.model.event import EventKind, EventRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.verdict import Code
from queuetui.monitor.feed import Feed
from tests.architecture.source import ROOT
from tests.cli.conftest import Invoke
from tests.waiting import wait_until

PROCESSES = 4
pytestmark = pytest.mark.timeout(240)


@dataclass
class Running:
    """A demo without a screen, in a process of its own, with a temporary folder of its own."""

    process: subprocess.Popen[bytes]
    temporary: Path

    def place(self) -> DemoPlace | None:
        """Return where the demo lives, once it has its settings."""
        return next((DemoPlace(path.parent) for path in self.temporary.glob("queuetui-demo-*/config.toml")), None)

    def others(self) -> list[psutil.Process]:
        """Return every process of the demo but its first."""
        found = []
        for process in psutil.process_iter(["pid", "environ", "cmdline"]):
            words = " ".join(process.info["cmdline"] or [])
            # Its folder is in the command line of the conductor alone, and in what all of them inherit.
            place = (process.info["environ"] or {}).get("TMPDIR")
            if "queuetui.cli.demo" in words and place == str(self.temporary):
                found.append(process)
        return found


def demo_environment(temporary: Path) -> dict[str, str]:
    """Return the environment of a demo that keeps its files in a folder of the test's."""
    return {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TMPDIR": str(temporary)}


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Running]:
    """A demo that would go on for ten minutes."""
    process = subprocess.Popen(
        [sys.executable, "-m", "queuetui", "demo", "--no-ui", "--seconds", "600"],
        cwd=tmp_path,
        env=demo_environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    running = Running(process, tmp_path)
    yield running
    process.kill()
    process.communicate()
    wait_until(lambda: not running.others(), 30, awaiting="the end of every process of the demo")


@pytest.mark.timed
def test_a_demo_without_a_screen_prints_its_figures(demo: Running) -> None:
    """Jobs complete, fail, hang, recur, are orphaned and wait unheard; a TERM ends it with the figures and nothing is left."""
    feed = wait_until(lambda: open_feed(demo.place()), 60)
    assert feed is not None
    stuck_at_each_look: list[int] = []
    seen: set[Code] = set()

    def look() -> bool:
        verdicts = [verdict.code for _, verdict in feed.search(parse_query("is:stuck"), 100)]
        seen.update(verdicts)
        if seen:
            stuck_at_each_look.append(len(verdicts))
        return {Code.HUNG, Code.ORPHANED, Code.NO_CONSUMER} <= seen

    wait_until(look, 120, interval_s=0.25, awaiting="a hung, an orphaned and an unheard job")
    wait_until(lambda: check_stock_ran(feed), 60, awaiting="a job of the recurring schedule")
    feed.close()
    assert min(stuck_at_each_look) >= 1
    demo.process.send_signal(signal.SIGTERM)
    out, err = demo.process.communicate(timeout=60)
    figures = json.loads(out)
    assert demo.process.returncode == 0
    assert b"Traceback" not in err
    assert figures["stuck"] >= 1
    assert figures["completed"] > 0
    assert figures["failed"] > 0
    assert {"mail", "sync", "import", "reports", "exports", "archive"} <= set(figures["queues"])
    assert demo.others() == []
    assert list(demo.temporary.iterdir()) == []


@pytest.mark.timed
def test_nothing_outlives_a_killed_demo(demo: Running) -> None:
    """When the demo is killed without a chance to clean up, its workers end and its folder goes all the same."""
    wait_until(lambda: len(demo.others()) >= PROCESSES, 60, awaiting="the workers of the demo")
    demo.process.kill()
    wait_until(lambda: not demo.others(), 30, awaiting="the end of the workers")
    wait_until(lambda: not list(demo.temporary.iterdir()), 10, awaiting="the end of the folder")


@pytest.mark.timed
def test_no_worker_outlives_the_conductor(demo: Running) -> None:
    """When the process that started the workers is killed, they end too."""
    wait_until(lambda: len(demo.others()) >= PROCESSES, 60, awaiting="the workers of the demo")
    (conductor,) = [process for process in demo.others() if process.ppid() == demo.process.pid]
    conductor.kill()
    wait_until(lambda: not [one for one in demo.others() if one.pid != conductor.pid], 30, awaiting="the workers' end")


@pytest.mark.timed
def test_the_console_opens_on_the_demo(tmp_path: Path) -> None:
    """In a terminal the demo shows its stuck jobs, and leaving the console ends it all."""
    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "queuetui", "demo"],
        env={**demo_environment(tmp_path), "TERM": "xterm-256color"},
        cwd=str(tmp_path),
        dimensions=(30, 110),
        timeout=90,
        encoding="utf-8",
    )
    terminal.expect("starting workers")
    terminal.expect("DEMO")
    terminal.expect("of .* exact")
    terminal.send("4")
    terminal.expect("rebuild_index")
    terminal.expect("hung")
    terminal.send("?")
    terminal.expect("from another terminal")
    terminal.send("\r")
    terminal.send("qqq")
    terminal.expect(pexpect.EOF)
    terminal.wait()
    terminal.close()
    assert terminal.exitstatus == 0
    wait_until(lambda: not list(tmp_path.iterdir()), 30, awaiting="the end of the folder")


def test_the_demo_keeps_away_from_the_users_queue(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo makes no embedded queue, whatever its end, and records its acts with itself."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answer = invoke("demo", "--no-ui", "--seconds", "0")
    assert answer.code == 0
    assert answer.data["stuck"] >= 1
    assert [path for path in Path.home().rglob("*") if path.is_file()] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [[], ["demo"], ["--url", "sqlite:///x.db"]])
def test_without_a_terminal_the_console_is_refused(spawn: Invoke, words: list[str]) -> None:
    """Where no screen can be drawn, one line points to the figures."""
    spawn(*words).fails(2, "without one use: queuetui stats")
    spawn(*words, environment={"TERM": "dumb"}).fails(2, "queuetui stats")


def test_seconds_go_without_a_screen(invoke: Invoke) -> None:
    """The console is left by a person, so a time for it is refused."""
    invoke("demo", "--seconds", "3").fails(2, "--seconds goes with --no-ui")


def test_the_workload_is_worth_reading() -> None:
    """Every kind of job names what it is about, several queues are used, and no address is a real one."""
    chance = Random(1)
    jobs = [*open_workload(chance), *(make_job(chance) for _ in range(200)), *standing_jobs(chance).values()]
    payloads = [json.loads(job.payload) for job in jobs]
    assert {job.queue for job in jobs} >= {
        "mail",
        "sync",
        "orders",
        "import",
        "reports",
        "search",
        "exports",
        "archive",
    }
    assert all(payload.keys() & {"sku", "to", "file", "name"} for payload in payloads)
    addresses = [payload.get("to") or payload.get("email") for payload in payloads]
    assert {address.split("@")[1] for address in addresses if address and "@" in address} == {"example.com"}


def check_stock_ran(feed: Feed) -> bool:
    """Tell whether the schedules are there, one of them has made a job, and events tell what happens."""
    parts, asked = frozenset({Part.SCHEDULES}), EventRequest(kinds=frozenset({EventKind.JOB_CREATED}))
    picture = feed.poll(Watch(parts=parts, events=asked))
    known = {one.name.raw: one for one in picture.schedules}
    assert picture.events is not None
    assert picture.events.events
    return {"check_stock", "sum_up_the_day"} <= set(known) and known["check_stock"].last_job_id is not None


def open_feed(place: DemoPlace | None) -> Feed | None:
    """Return the demo's queue under the demo's own limits, once it is there."""
    if place is None:
        return None
    try:
        return find_in(place.profile())[0].open(asked="admin", state=place.state).feed
    except QueueTuiError:
        return None
