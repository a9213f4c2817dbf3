"""Runs handlers in threads of our own.

A thread cannot be stopped from outside: a handler that does not ask `cancelled()` goes on after its time, its result is refused,
and its slot is given to a new thread. A handler that holds the interpreter without end holds the whole worker.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread

from queuetui.engine.context import CancelCause
from queuetui.engine.performer import Performer
from queuetui.engine.run import Run


class Slot:
    """One thread that runs one handler at a time."""

    def __init__(self, name: str, work: Callable[[Slot], None]) -> None:
        self.run: Run | None = None
        self.given_up = False
        self.thread = Thread(target=work, args=(self,), name=name, daemon=True)


class ThreadExecutor:
    """A fixed number of slots around one backlog: a hand-off costs one wake-up however many runs it brings."""

    def __init__(self, slots: int, performer: Performer) -> None:
        self._performer = performer
        self._backlog: deque[Run] = deque()
        self._more = Condition()
        self._closing = False
        self._given_up = 0
        self._slots = [Slot(f"queuetui-slot-{number}", self._work) for number in range(slots)]
        for slot in self._slots:
            slot.thread.start()

    @property
    def unstarted(self) -> int:
        """How many runs wait for a slot."""
        return len(self._backlog)

    @property
    def given_up(self) -> int:
        """How many handlers never ended after their time."""
        return self._given_up

    def submit(self, runs: Sequence[Run]) -> None:
        """Take runs over, in order."""
        self._backlog.extend(runs)
        with self._more:
            self._more.notify(len(runs))

    def take_back(self) -> list[Run]:
        """Return every run that has not begun."""
        taken: list[Run] = []
        while True:
            try:
                taken.append(self._backlog.pop())
            except IndexError:
                return taken[::-1]

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work."""
        runs = [slot.run for slot in self._slots]
        return [run for run in runs if run is not None and run.started_s is not None]

    def perform(self, run: Run) -> None:
        """Run one job, in the slot that calls."""
        self._performer.perform(run)

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run without its handler, which is asked to stop."""
        if not self._performer.time_out(run, limit_s, elapsed_s):
            return False
        run.context.cancel(CancelCause.TIMEOUT)
        return True

    def halt(self) -> bool:
        """Wait for nothing: threads cannot be ended, and what they still do is refused."""
        return True

    def give_up(self, run: Run) -> None:
        """Replace the slot of a handler that does not end."""
        for place, slot in enumerate(self._slots):
            if slot.run is run:
                slot.given_up = True
                self._given_up += 1
                self._slots[place] = Slot(f"{slot.thread.name}+", self._work)
                self._slots[place].thread.start()

    def close(self) -> None:
        """Let every slot end after its current run."""
        with self._more:
            self._closing = True
            self._more.notify_all()

    def _work(self, slot: Slot) -> None:
        take, perform = self._backlog.popleft, self.perform
        while not slot.given_up:
            try:
                slot.run = run = take()
            except IndexError:
                if self._closing:
                    return
                self._await_more()
                continue
            perform(run)
            slot.run = None

    def _await_more(self) -> None:
        with self._more:
            while not self._backlog and not self._closing:
                self._more.wait()
