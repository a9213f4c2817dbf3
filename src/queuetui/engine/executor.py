"""Runs handlers in threads of the worker.

A thread cannot be stopped from outside: a handler that does not call `cancelled()` goes on after its time limit, its result is
refused, and its slot gets a new thread. A handler that never releases the interpreter blocks the whole worker.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread

from queuetui.engine.context import CancelCause
from queuetui.engine.held import Run
from queuetui.engine.performer import Performer


class RunSlot:
    """One thread that runs one handler at a time."""

    def __init__(self, name: str, work: Callable[[RunSlot], None]) -> None:
        self.run: Run | None = None
        self.given_up = False
        self.thread = Thread(target=work, args=(self,), name=name, daemon=True)


class ThreadExecutor:
    """A fixed number of slots that take runs from one backlog."""

    def __init__(self, slots: int, performer: Performer) -> None:
        self._performer = performer
        self._backlog: SimpleQueue[Run | None] = SimpleQueue()
        self._given_up = 0
        self._closed = False
        self._slots = [RunSlot(f"queuetui-slot-{number}", self._work) for number in range(slots)]
        for slot in self._slots:
            slot.thread.start()

    @property
    def unstarted(self) -> int:
        """How many runs wait for a slot."""
        return self._backlog.qsize()

    @property
    def given_up(self) -> int:
        """How many handlers did not end after their run was ended and had their slot replaced."""
        return self._given_up

    def submit(self, runs: Sequence[Run]) -> None:
        """Take runs over, in order."""
        put = self._backlog.put
        for run in runs:
            put(run)

    def take_back(self) -> list[Run]:
        """Return every run that has not begun."""
        taken: list[Run] = []
        while True:
            try:
                run = self._backlog.get_nowait()
            except Empty:
                return taken
            if run is not None:
                taken.append(run)

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work."""
        runs = [slot.run for slot in self._slots]
        return [run for run in runs if run is not None and run.started_s is not None]

    def perform(self, run: Run) -> None:
        """Run one job in the calling slot's thread."""
        self._performer.perform(run)

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run and ask its handler to stop; a handler that ends by itself when told is only asked."""
        if run.task is not None and run.task.ends_when_told:
            asked_before = run.context.cancel_cause is CancelCause.TIMEOUT
            run.context.cancel(CancelCause.TIMEOUT)
            return not asked_before
        if not self._performer.time_out(run, limit_s, elapsed_s):
            return False
        run.context.cancel(CancelCause.TIMEOUT)
        return True

    def halt(self) -> bool:
        """Do nothing: threads cannot be ended, and their late results are refused."""
        return True

    def give_up(self, run: Run) -> None:
        """Replace the slot of a handler that does not end."""
        for place, slot in enumerate(self._slots):
            if slot.run is run:
                slot.given_up = True
                self._given_up += 1
                self._fill(place, f"{slot.thread.name}+")

    def mend(self) -> int:
        """Replace each slot whose thread has died, and end its run; return how many."""
        dead = [(place, slot) for place, slot in enumerate(self._slots) if not (self._closed or slot.thread.is_alive())]
        for place, slot in dead:
            if slot.run is not None:
                self._performer.fail(slot.run, RuntimeError("the thread of its slot ended under it"))
            self._fill(place, f"{slot.thread.name}+")
        return len(dead)

    def close(self) -> None:
        """Let every slot end after its current run."""
        self._closed = True
        for _ in self._slots:
            self._backlog.put(None)

    def _fill(self, place: int, name: str) -> None:
        self._slots[place] = RunSlot(name, self._work)
        self._slots[place].thread.start()

    def _work(self, slot: RunSlot) -> None:
        take, perform = self._backlog.get, self.perform
        while not slot.given_up and (run := take()) is not None:
            slot.run = run
            try:
                perform(run)
            except BaseException as error:  # noqa: BLE001 - one run must not end the slot for all later runs
                self._performer.fail(run, error)
            slot.run = None
