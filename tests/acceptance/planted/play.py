"""One small seeded play: clients, two workers, a crash, a freeze, a cut connection and a person, all in one process on one SQLite file."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import FINAL, LIVE, State
from tests.acceptance.checker import Report, Setup, Sink, check, load, write_dump
from tests.acceptance.checker.events import read_events
from tests.acceptance.checker.faults import LOAD
from tests.acceptance.checker.history import write_setup
from tests.acceptance.planted.bug import Bug, Place
from tests.acceptance.planted.handlers import Ledger, declare_scene
from tests.acceptance.planted.people import Client, Person, Witness, look_on
from tests.acceptance.recorder import Recorder, boot_ns, watch_pulse
from tests.engine.failing_store import FailingStore
from tests.engine.working import WorkerThread
from tests.waiting import wait_until

LEASE_S = 0.6
RECOVERY_S = 2.0
# Of a machine that is never calm for long enough nothing can be told.
CALM_STRETCHES = 8
UPRIGHT, CUT, CRASHED, FROZEN = 101, 102, 103, 104
SEEDS = (1, 2, 3)


@dataclass
class Play:
    """All that takes part; `stack` ends what was begun."""

    bug: Bug
    chance: Random
    folder: Path
    sink: Sink
    stack: ExitStack
    cuts: dict[int, FailingStore] = field(default_factory=dict)

    def open(self) -> NativeBackend:
        """Open the store, as another process would."""
        options = BackendOptions(name="play", kind=NATIVE, create=True)
        backend = open_native(f"sqlite:///{self.path}", options)
        self.stack.callback(backend.close)
        return backend

    @property
    def path(self) -> Path:
        """The file of the queue."""
        return self.folder / "queue.db"

    @property
    def events(self) -> Path:
        """The file of what everybody saw."""
        return self.folder / "play.events"

    def count_stalls(self) -> int:
        """Return how often the machine held somebody up so far; a checker takes nobody for idle then."""
        return sum(event.kind == "fault" and event.fault == LOAD for event in read_events(self.events))

    def place(self, worker: int, backend: NativeBackend) -> Place:
        """Return where a bug is planted."""
        return Place(self.path, self.sink, worker, backend)

    def recorded(self, worker: int) -> Any:
        """Return a store for a worker, with its recorder, its connection that can be cut, and the bug."""
        backend = self.open()
        place = self.place(worker, backend)
        self.cuts[worker] = FailingStore(self.bug.below(backend.jobs, place))
        return self.bug.above(Recorder(self.cuts[worker], self.sink, worker), place)


def play(bug: Bug, seed: int, folder: Path) -> Report:
    """Play once and return what the checker makes of what was left in the folder."""
    with ExitStack() as stack:
        sink = Sink(folder / "play.events")
        stack.callback(sink.close)
        stack.callback(watch_pulse(sink, LEASE_S))
        stack.enter_context(bug.patched())
        drained = _act_out(Play(bug, Random(seed), folder, sink, stack))
    setup = Setup(lease_s=LEASE_S, recovery_s=RECOVERY_S, seed=seed, drained=drained, traced=True)
    write_setup(setup, folder)
    return check(load(folder))


def _act_out(play_: Play) -> bool:
    watcher = play_.open()
    ledger = Ledger(play_.sink)
    office = play_.place(0, watcher)
    store = play_.bug.client(Witness(play_.open(), play_.sink), office)
    client = Client(store, play_.sink, play_.chance, declare_scene(ledger))
    acted_on = play_.open()
    acted_on.operator = play_.bug.person(acted_on.operator, office)
    person = Person(acted_on, play_.sink, play_.chance)
    person.pause("slow")
    client.send_first()
    crash(play_, ledger)
    with frozen(play_, ledger) as thaw:
        workers = [
            WorkerThread(play_.open(), ledger.told(play_.recorded(pid), pid), lease_s=LEASE_S, concurrency=3)
            for pid in (UPRIGHT, CUT)
        ]
        client.send_in_transactions(play_.path)
        client.race_for_key()
        cut(play_)
        person.cancel_some()
        thaw(watcher)
    person.resume("slow")
    is_drained = _await_end(play_, watcher)
    if is_drained:
        person.cancel_completed()
        person.retry_completed()
    # Also where nothing runs any more: what was held back once is not judged by how long it waits, and this is.
    client.send_late()
    is_drained = _await_end(play_, watcher)
    for worker in workers:
        worker.stop()
    look_on(play_.open(), play_.path, play_.sink)
    write_dump(watcher.inspector, play_.folder)
    return is_drained


def _await_end(play_: Play, watcher: NativeBackend) -> bool:
    """Wait until no job is live; False where that does not come in a stretch of time in which the machine held nobody up."""

    def count_live() -> int:
        counts = watcher.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}))).counts
        return sum(count.value or 0 for state, count in counts.items() if state in LIVE)

    for _ in range(CALM_STRETCHES):
        stalls = play_.count_stalls()
        try:
            wait_until(lambda: count_live() == 0, RECOVERY_S * 1.4)
        except AssertionError:
            if play_.count_stalls() == stalls:
                return False
        else:
            return True
    return False


def crash(play_: Play, ledger: Ledger) -> None:
    """A worker claims, begins and is never heard of again."""
    store = play_.recorded(CRASHED)
    lease = store.open_lease("crashed", "mail", LEASE_S)
    for job in store.step(lease.id, [], 2).claimed:
        ledger.begin(job, CRASHED)
    play_.sink.write("killed", pid=CRASHED)


@contextmanager
def frozen(play_: Play, ledger: Ledger) -> Iterator[Any]:
    """A worker claims, begins, and is frozen until its job is in other hands; then it says that it is done."""
    store = play_.recorded(FROZEN)
    lease = store.open_lease("frozen", "import", LEASE_S)
    claimed = store.step(lease.id, [], 1).claimed
    for job in claimed:
        ledger.begin(job, FROZEN)
    play_.sink.write("frozen", pid=FROZEN)

    def thaw(watcher: NativeBackend) -> None:
        lost = [job for job in claimed if _is_in_other_hands(watcher, job.id)]
        play_.sink.write("woken", pid=FROZEN)
        store.step(lease.id, [ledger.finish(job, FROZEN) for job in lost], 0)

    yield thaw


def _is_in_other_hands(watcher: NativeBackend, job_id: str) -> bool:
    """Wait until a job was swept and claimed again; False where it never was, or has ended since."""

    def is_settled() -> bool:
        job = watcher.inspector.get(job_id)
        return job.state in FINAL or (job.lost > 0 and job.state is State.PROCESSING)

    try:
        wait_until(is_settled, RECOVERY_S * 2)
    except AssertionError:
        return False
    return True


def cut(play_: Play) -> None:
    """The connection of one worker is away for longer than its lease, once it has work."""
    store = play_.cuts[CUT]
    with suppress(AssertionError):
        # A worker with a bug may never have any.
        wait_until(lambda: "step" in store.calls, 5)
    play_.sink.write("fault", pid=CUT, phase="begin", fault="network")
    store.away.set()
    since_ns = boot_ns()
    wait_until(lambda: boot_ns() - since_ns > LEASE_S * 1.3e9)
    store.away.clear()
    play_.sink.write("fault", pid=CUT, phase="end", fault="network")


def run_once(bug: Bug, seed: int, folder: Path) -> Report:
    """Play with a bug in a folder of its own."""
    place = Path(tempfile.mkdtemp(prefix=f"{bug.name.replace(' ', '-')}-{seed}-", dir=folder))
    threads_before = threading.active_count()
    report = play(bug, seed, place)
    wait_until(lambda: threading.active_count() <= threads_before + 8, awaiting="the threads of a play to end")
    return report
