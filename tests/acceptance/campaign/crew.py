"""The workers of a case: started, seen dead, asked to stop; all that they start ends with them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.acceptance.campaign.burials import Burials, Reading
from tests.acceptance.campaign.crash_points import CRASH_VARIABLE
from tests.acceptance.checker import Event, Sink
from tests.acceptance.checker.events import SINK_VARIABLE
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
STOP_WITHIN_S = 40
DEAD_WITHIN_S = 20
TAIL_CHARS = 1500


@dataclass(eq=False)
class Member:
    """One worker process; `dead` is set once it and its children are gone and the sink was told."""

    process: subprocess.Popen[bytes]
    log: Path
    doomed: bool = False
    dead: threading.Event = field(default_factory=threading.Event)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def at_work(self) -> bool:
        """Whether it lives."""
        return self.process.poll() is None


class Crew:
    """All workers of one case; `problems` says which of them ended as none should."""

    def __init__(self, folder: Path, url: str, app: str, options: Sequence[str]) -> None:
        self.events_path = folder / "all.events"
        self.sink = Sink(self.events_path)
        self.reading = Reading(self.events_path)
        self.burials = Burials(self.reading, self.sink)
        self.members: list[Member] = []
        self.problems: list[str] = []
        self._folder = folder
        self._app = app
        self._options = options
        self._spawned = 0
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("QUEUETUI_")},
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
            "QUEUETUI_URL": url,
            SINK_VARIABLE: str(self.events_path),
        }

    def start(self, *options: str, crash_at: str | None = None, environment: Mapping[str, str] | None = None) -> Member:
        """Start a worker, which kills itself at a crash point if one is named."""
        words = ["tests.acceptance.campaign.worker", "worker", "--app", self._app]
        member = self.spawn([*words, *self._options, *options], crash_at, environment)
        self.members.append(member)
        return member

    def spawn(
        self, words: Sequence[str], crash_at: str | None = None, environment: Mapping[str, str] | None = None
    ) -> Member:
        """Start any program of the campaign."""
        self._spawned += 1
        log = self._folder / f"process-{self._spawned}.log"
        given = {**self._environment, **(environment or {}), **({CRASH_VARIABLE: crash_at} if crash_at else {})}
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", *words], cwd=ROOT, env=given, stdout=output, stderr=output
            )
        member = Member(process, log, doomed=crash_at is not None)
        threading.Thread(target=self._await_death, args=(member,), daemon=True).start()
        return member

    def kill(self, member: Member) -> None:
        """Kill a worker outright and wait until all of it is gone."""
        member.doomed = True
        member.process.kill()
        assert member.dead.wait(DEAD_WITHIN_S), f"process {member.pid} does not die"

    def alive(self) -> list[Member]:
        """Return the workers that nobody has killed or is about to."""
        return [member for member in self.members if member.at_work and not member.doomed]

    def await_registration(self, member: Member, timeout_s: float = 60) -> None:
        """Wait until a worker has said who it is."""

        def is_known() -> bool:
            if not member.at_work and not member.doomed:
                raise AssertionError(f"a worker ended while it started: {self.tail(member)}")
            return not member.at_work or "worker_started" in member.log.read_text(errors="replace")

        wait_until(is_known, timeout_s, interval_s=0.05, awaiting=f"worker {member.pid} to register")

    def events(self, kind: str) -> list[Event]:
        """Return the events of a kind so far."""
        return self.reading.of(kind)

    def children_of(self, member: Member) -> set[int]:
        """Return the processes that have run handlers for a worker."""
        return {event.pid for event in self.events("child") if event.worker == member.pid}

    def stop(self) -> None:
        """Ask every worker to stop, and blame those that do not stop well."""
        for member in self.alive():
            member.process.send_signal(signal.SIGTERM)
        for member in self.members:
            if not member.dead.wait(STOP_WITHIN_S):
                self.problems.append(f"worker {member.pid} did not stop within {STOP_WITHIN_S} s: {self.tail(member)}")
                self.kill(member)

    def end(self) -> None:
        """End whatever is still there."""
        for member in self.members:
            if member.at_work:
                with suppress(ProcessLookupError):
                    member.process.send_signal(signal.SIGCONT)
                self.kill(member)
        self.burials.close()
        self.sink.close()

    def tail(self, member: Member) -> str:
        """Return the last words of a process."""
        return member.log.read_text(errors="replace")[-TAIL_CHARS:]

    def _await_death(self, member: Member) -> None:
        code = member.process.wait()
        if code == -signal.SIGKILL:
            for pid in self.children_of(member):
                wait_until(
                    partial(self.burials.saw, pid), DEAD_WITHIN_S, interval_s=0.005, awaiting=f"{pid} to be dead"
                )
            self.sink.write("killed", pid=member.pid)
        if code != (-signal.SIGKILL if member.doomed else 0) and not (member.doomed and code == 0):
            self.problems.append(f"process {member.pid} ended with {code}: {self.tail(member)}")
        member.dead.set()
