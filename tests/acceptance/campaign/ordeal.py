"""One case being played: a stage, a crew, a client, and the harm that is done to them."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.act import Act, Verb
from queuetui.model.limits import Limits
from queuetui.model.schedule import ScheduleEdit
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import LIVE
from tests.acceptance.campaign.cases import Case
from tests.acceptance.campaign.clock import faked_environment, find_faketime
from tests.acceptance.campaign.crew import Crew, Member
from tests.acceptance.campaign.load import Load, Stream
from tests.acceptance.campaign.stage import Stage
from tests.acceptance.checker import Event, write_dump
from tests.waiting import wait_until

DRAIN_WITHIN_S = 120
WORK_WITHIN_S = 60
LIMITS = Limits()
TEN_MB = 10_000_000
APP = "tests.acceptance.campaign.handlers"
APPS = {"crash": "tests.acceptance.campaign.recurring_handlers"}
PAUSE_WITHIN_S = 30
# What the checker calls the classes that have another name here.
KINDS = {"kill": "crash", "sessions": "network", "payload": "load"}


class Ordeal:
    """What every fault is handed: it does its harm through this, mends it, and returns."""

    def __init__(self, case: Case, stage: Stage, folder: Path) -> None:
        self.case = case
        self.stage = stage
        self.folder = folder
        self.chance = random.Random(case.seed)
        self.done: Counter[str] = Counter()
        self.skipped: dict[str, str] = {}
        self.problems: list[str] = []
        self.back_s: list[float] = []
        self.crew = Crew(folder, stage.url, APPS.get(case.fault_class, APP), self._options())
        self._load: Load | None = None
        self._started = 0
        self._pause = threading.Event()

    def play(self) -> None:
        """Work and harm until every job has ended; then read what the store holds."""
        from tests.acceptance.campaign.faults import do

        with ExitStack() as stack:
            stack.callback(self.crew.end)
            open_native(self.stage.direct_url, BackendOptions(kind=NATIVE, create=True)).close()
            for _ in range(self.case.workers):
                self.crew.start(environment=self.environment())
            for member in list(self.crew.members):
                self.crew.await_registration(member)
            self._load = Load(self.stage.url, self._stream(), self.case.seed, self.crew.sink)
            stack.callback(self._load.close)
            for fault in self.case.faults:
                self.rest()
                do(fault, self)
                self.mend()
                self._await_work(fault)
            self._load.finish()
            self._pause_schedules()
            self._await_drained()
            self.crew.stop()
            self.problems += self.crew.problems
            backend = open_native(self.stage.direct_url, BackendOptions(kind=NATIVE))
            stack.callback(backend.close)
            write_dump(backend.inspector, self.folder)

    def rest(self, span_s: float | None = None) -> None:
        """Let a moment go by, of random length if none is given."""
        self._pause.wait(self.chance.uniform(0.05, 0.4) if span_s is None else span_s)

    def mend(self) -> None:
        """Put another worker in the place of each that is gone."""
        missing = self.case.workers - len(self.crew.alive())
        fresh = [self.crew.start(environment=self.environment()) for _ in range(missing)]
        for member in fresh:
            self.crew.await_registration(member)

    def environment(self) -> dict[str, str]:
        """Return what the next worker's environment has beside the usual: every second one's date may be wrong."""
        self._started += 1
        shared = self.case.backend == "sqlite"
        if self.case.fault_class != "clock" or find_faketime() is None or not (shared or self._started % 2):
            return {}
        return faked_environment(self.folder)

    def busy_member(self) -> Member:
        """Return a worker, chosen by chance, that runs something, or any."""
        alive = self.crew.alive()
        busy = [one for one in alive if self.runs_now(one)]
        return self.chance.choice(busy or alive)

    @contextmanager
    def harm(self, fault: str, pid: int = 0) -> Iterator[None]:
        """Tell the sink that a fault lasts as long as this."""
        self.done[fault] += 1
        kind = KINDS.get(self.case.fault_class, self.case.fault_class)
        number = str(sum(self.done.values()))
        self._tell_fault("begin", kind, pid, number)
        try:
            yield
        finally:
            self._tell_fault("end", kind, pid, number)

    def _tell_fault(self, phase: str, kind: str, pid: int, number: str) -> None:
        # The sink puts its own process for 0, which means all of them here.
        boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
        event = Event("fault", boot_ns, time.time_ns(), pid, phase=phase, fault=kind, detail=number)
        with self.crew.events_path.open("ab", buffering=0) as file:
            file.write(msgspec.json.encode(event) + b"\n")

    def _await_work(self, fault: str) -> None:
        """Wait until a job begins: work goes on after every fault by itself."""
        seen = len(self.crew.events("start"))
        begun_s, deadline_s = time.monotonic(), time.monotonic() + WORK_WITHIN_S
        while len(self.crew.events("start")) == seen:
            if time.monotonic() > deadline_s:
                self.problems.append(f"{fault}: no job began within {WORK_WITHIN_S} s after it was over")
                return
            self._pause.wait(0.02)
        self.back_s.append(time.monotonic() - begun_s)

    def runs_now(self, member: Member) -> bool:
        """Tell whether a handler is at work for a worker."""
        mine = {member.pid, *self.crew.children_of(member)}
        ended = {(one.job_id, one.fence) for kind in ("end", "fail") for one in self.crew.events(kind)}
        return any(one.pid in mine and (one.job_id, one.fence) not in ended for one in self.crew.events("start"))

    def _options(self) -> list[str]:
        case = self.case
        words = ["--lease", str(case.lease_s), "--sleep", "0.2", "--grace", "15", "--log-level", "info", "-c", "3"]
        return [*words, "--isolation", case.isolation]

    def _stream(self) -> Stream:
        case = self.case
        bodies = (TEN_MB,) * 4 if case.fault_class == "payload" else ()
        failing = 0.0 if case.fault_class == "clock" and case.backend == "sqlite" else 0.1
        return Stream(case.jobs, case.a_second, case.lease_s, failing=failing, bodies=bodies)

    def _pause_schedules(self) -> None:
        """Let nothing recur any more; a schedule whose slots are taken meanwhile is looked at again."""
        if self.case.fault_class not in APPS:
            return
        backend = open_native(self.stage.direct_url, BackendOptions(kind=NATIVE))

        def are_paused() -> bool:
            known = backend.schedules.schedules().schedules
            for one in known:
                if one.paused_at is None:
                    backend.schedules.apply_to_schedule(
                        Act(Verb.PAUSE, "campaign"), one.spec.name, ScheduleEdit(one.rev)
                    )
            return bool(known) and all(one.paused_at is not None for one in known)

        try:
            wait_until(are_paused, PAUSE_WITHIN_S, awaiting="the schedules to be paused")
        finally:
            backend.close()

    def _await_drained(self) -> None:
        deadline_s = time.monotonic() + DRAIN_WITHIN_S
        backend = open_native(self.stage.direct_url, BackendOptions(kind=NATIVE))
        try:
            while True:
                counts = backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}), limits=LIMITS)).counts
                live = {state.value: count.value for state, count in counts.items() if state in LIVE and count.value}
                if not live:
                    return
                if time.monotonic() > deadline_s:
                    self.problems.append(f"{DRAIN_WITHIN_S} s after the last fault there were still {live}")
                    return
                self._pause.wait(0.1)
        finally:
            backend.close()


def versions() -> dict[str, str]:
    """Return what it was run with."""
    import platform

    return {"python": platform.python_version(), "system": platform.release(), "processors": str(os.cpu_count())}
