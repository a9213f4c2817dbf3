"""Many jobs, several processes, and workers that are killed at random: `python -m tests.acceptance.soak URL [JOBS] [SEED]`."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import LIVE
from tests.acceptance.checker import Report, Setup, check, load, write_dump
from tests.acceptance.checker.events import SINK_VARIABLE, Sink, read_events
from tests.acceptance.checker.history import write_setup
from tests.waiting import wait_until

ROOT = Path(__file__).parents[2]
LIMITS = Limits()
GRACE_S = 30
LOOK_EVERY_S = 0.2
SINK = "soak.events"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done; of the workers the first `killable` are killed, `kill_every_s` bounds the random time between."""

    jobs: int
    seed: int
    deadline_s: float
    slowness: int = 1
    enqueuers: int = 4
    workers: int = 3
    killable: int = 2
    kill_every_s: tuple[float, float] = (0.3, 2.5)
    lease_s: float = 3.0


@dataclass(frozen=True)
class Soaked:
    """What came of it; `faults` are what went wrong beside the broken promises."""

    report: Report
    kills: int
    seconds: float
    faults: Sequence[str] = ()

    @property
    def broken(self) -> list[str]:
        """Everything that is wrong, in words."""
        return [*self.faults, *map(str, self.report.violations)]

    def describe(self) -> str:
        """Return the report as people read it."""
        return "\n".join([f"{self.kills} kills in {self.seconds:.0f} s", self.report.table(), *self.faults])


class Soak:
    """One soak on one store; everything it starts ends with it."""

    def __init__(self, url: str, plan: Plan, folder: Path) -> None:
        self._plan, self._folder = plan, folder
        self._chance = random.Random(plan.seed)
        self._environment = {
            **os.environ,
            "QUEUETUI_URL": url,
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            SINK_VARIABLE: str(folder / SINK),
        }
        self._backend = open_native(url, BackendOptions(kind=NATIVE, create=True, limits=LIMITS))
        self._sink = Sink(folder / SINK)
        self._started = 0
        self._kills = 0
        self._faults: list[str] = []

    def run(self) -> Soaked:
        """Enqueue, work and kill until every job has ended, then judge."""
        begun_s = time.monotonic()
        with ExitStack() as stack:
            stack.callback(self._backend.close)
            stack.callback(self._sink.close)
            workers = [self._start_worker() for _ in range(self._plan.workers)]
            stack.callback(end_all, workers)
            self._await_registrations(workers)
            enqueuers = [self._start_enqueuer(place) for place in range(self._plan.enqueuers)]
            stack.callback(end_all, enqueuers)
            self._harm_until_done(enqueuers, workers, begun_s + self._plan.deadline_s)
            self._stop(workers)
            write_dump(self._backend.inspector, self._folder)
        lease_s = self._plan.lease_s
        recovery_s = lease_s * 2 + GRACE_S
        setup = Setup(lease_s=lease_s, recovery_s=recovery_s, seed=self._plan.seed, drained=not self._faults)
        write_setup(setup, self._folder)
        report = check(load(self._folder))
        return Soaked(report, self._kills, time.monotonic() - begun_s, self._faults)

    def _start_enqueuer(self, place: int) -> subprocess.Popen[bytes]:
        share = self._plan.jobs // self._plan.enqueuers
        more = self._plan.jobs % self._plan.enqueuers if place == 0 else 0
        numbers = [place * self._plan.jobs, share + more, self._plan.slowness, self._chance.randrange(2**31)]
        return self._start(["tests.acceptance.enqueuer", *map(str, numbers)])

    def _start_worker(self) -> subprocess.Popen[bytes]:
        words = [
            "tests.acceptance.recorded_worker",
            "--app",
            "tests.acceptance.workload",
            "--sleep",
            "0.1",
            "--log-level",
            "warning",
        ]
        return self._start([*words, "--lease", str(self._plan.lease_s), "--grace", str(GRACE_S // 2)])

    def _start(self, words: Sequence[str]) -> subprocess.Popen[bytes]:
        self._started += 1
        with (self._folder / f"{self._started}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def _harm_until_done(
        self, enqueuers: Sequence[subprocess.Popen[bytes]], workers: list[subprocess.Popen[bytes]], deadline_s: float
    ) -> None:
        pause, kill_at_s = threading.Event(), 0.0
        # Where the last job ended before anybody was killed, one that has worked is killed all the same.
        while not (self._is_done(enqueuers) and self._kills):
            if time.monotonic() > deadline_s:
                self._faults.append("the deadline came before the last job had ended")
                return
            self._restart_the_dead(workers)
            if time.monotonic() >= kill_at_s:
                self._kill_one(workers)
                kill_at_s = time.monotonic() + self._chance.uniform(*self._plan.kill_every_s)
            pause.wait(LOOK_EVERY_S)

    def _is_done(self, enqueuers: Sequence[subprocess.Popen[bytes]]) -> bool:
        codes = [process.poll() for process in enqueuers]
        if any(codes):
            message = f"an enqueuer ended with {codes}: {self._tail_logs()}"
            raise AssertionError(message)
        return None not in codes and not self._count_live()

    def _count_live(self) -> int:
        counts = self._backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}), limits=LIMITS)).counts
        return sum(count.value or 0 for state, count in counts.items() if state in LIVE)

    def _kill_one(self, workers: list[subprocess.Popen[bytes]]) -> None:
        """Kill one that has done something since it was started, and put another in its place."""
        at_work = {event.pid for event in read_events(self._folder / SINK) if event.kind == "start"}
        places = [place for place in range(self._plan.killable) if workers[place].pid in at_work]
        if not places:
            return
        place = self._chance.choice(places)
        workers[place].kill()
        workers[place].wait()
        self._sink.write("killed", pid=workers[place].pid)
        self._kills += 1
        workers[place] = self._start_worker()

    def _restart_the_dead(self, workers: list[subprocess.Popen[bytes]]) -> None:
        for place, worker in enumerate(workers):
            if worker.poll() is not None:
                self._faults.append(f"a worker ended by itself with {worker.returncode}: {self._tail_logs()}")
                workers[place] = self._start_worker()

    def _await_registrations(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        """Wait until the workers are there: from then on they know what to do when they are asked to stop."""
        wanted = {worker.pid for worker in workers}
        watch = Watch(parts=frozenset({Part.WORKERS}), limits=LIMITS)
        wait_until(lambda: wanted <= {one.pid for one in self._backend.inspector.snapshot(watch).workers}, GRACE_S * 2)

    def _stop(self, workers: Sequence[subprocess.Popen[bytes]]) -> None:
        self._await_registrations(workers)
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        codes = [worker.wait(GRACE_S) for worker in workers]
        if any(codes):
            self._faults.append(f"workers that were asked to stop ended with {codes}: {self._tail_logs()}")

    def _tail_logs(self) -> str:
        logs = [path.read_text(errors="replace")[-500:] for path in sorted(self._folder.glob("*.log"))]
        return "\n".join(text for text in logs if text)[-3000:]


def end_all(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """End processes that may have ended already, those that took the place of others too."""
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()


def run_soak(url: str, plan: Plan) -> Soaked:
    """Run one soak in a folder of its own and print what came of it."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soaked = Soak(url, plan, Path(folder)).run()
    print(f"seed {plan.seed}: {soaked.describe()}")  # noqa: T201 - a soak is read by people
    return soaked


if __name__ == "__main__":
    given_jobs = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    given_seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(2**31)
    sys.exit(bool(run_soak(sys.argv[1], Plan(given_jobs, given_seed, deadline_s=1800)).broken))
