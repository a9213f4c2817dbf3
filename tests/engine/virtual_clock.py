"""Time that passes when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Event, Lock, Thread, current_thread
from typing import NamedTuple

from queuetui.engine.clock import Awaited, Clock, EndOf, Wakeup
from tests.waiting import wait_until

BEGINS_S = 1000.0
# What is shorter passes by itself, for whoever waits for it: a batch of endings that fills, the next look at an empty queue.
MOMENT_S = 0.05
LOOK_S = 0.003
STEP_S = 1.0


class Waiting(NamedTuple):
    """What a thread waits for, and until when."""

    awaited: Awaited
    until_s: float


class VirtualClock(Clock):
    """Stands still but for moments, and passes step by step, so that every part of a worker does on the way what it has to.

    However slow the machine is, no time is over before all the threads of a worker that were to act within it have acted.
    Handlers are not waited for: a test waits for what they do before it lets time pass.
    """

    def __init__(self) -> None:
        self._now_s = BEGINS_S
        self._began_at = datetime.now(UTC)
        self._followed: dict[Thread, Waiting | None] = {}
        self._lock = Lock()

    def now(self) -> float:
        """Return the seconds."""
        return self._now_s

    def utc(self) -> datetime:
        """Return the time of day, for a store."""
        return self._began_at + timedelta(seconds=self._now_s - BEGINS_S)

    def wait(self, awaited: Awaited, span_s: float) -> bool:
        """Wait until something has happened, or so much time has passed here."""
        waiting = Waiting(awaited, self._now_s + max(0.0, span_s))
        self.follow(current_thread(), waiting)
        try:
            return self._wait(waiting, span_s)
        finally:
            self.follow(current_thread())

    def follow(self, thread: Thread, waiting: Waiting | None = None) -> None:
        """Let no time pass while a thread is acting, from now on and whenever it does not wait here."""
        with self._lock:
            self._followed[thread] = waiting

    def is_waiting(self, thread: Thread) -> bool:
        """Tell whether a thread waits here for what is yet to come."""
        with self._lock:
            return self._still_waits(self._followed.get(thread))

    def pass_by(self, span_s: float) -> None:
        """Let so much time pass."""
        ends_s = self._now_s + span_s
        while self._now_s < ends_s:
            self._step(min(ends_s, self._now_s + STEP_S))

    def pass_until(self, condition: Callable[[], object], within_s: float = inf) -> None:
        """Let time pass until something is so, and fail if that takes more of it, or a minute of the machine's own."""
        ends_s = self._now_s + within_s

        def is_so() -> object:
            if answer := condition():
                return answer
            assert self._now_s < ends_s, f"{within_s:g} s have passed in vain"
            self._step(min(ends_s, self._now_s + STEP_S))
            return None

        wait_until(is_so, 60, interval_s=0.0)

    def _wait(self, waiting: Waiting, span_s: float) -> bool:
        moment_s = span_s if span_s <= MOMENT_S else inf
        while not waiting.awaited.wait(max(0.0, min(LOOK_S, moment_s))):
            moment_s -= LOOK_S
            if moment_s <= 0:
                self._reach(waiting.until_s)
            if self._now_s >= waiting.until_s:
                return False
        return True

    def _reach(self, now_s: float) -> None:
        with self._lock:
            self._now_s = max(self._now_s, now_s)

    def _step(self, now_s: float) -> None:
        """Let it be so late, once all whom it follows wait, and until they have acted and wait again."""
        wait_until(self._all_wait, 60, interval_s=LOOK_S / 3)
        self._reach(now_s)
        wait_until(self._all_wait, 60, interval_s=LOOK_S / 3)

    def _all_wait(self) -> bool:
        with self._lock:
            self._followed = {thread: waiting for thread, waiting in self._followed.items() if thread.is_alive()}
            return all(map(self._still_waits, self._followed.values()))

    def _still_waits(self, waiting: Waiting | None) -> bool:
        return waiting is not None and waiting.until_s > self._now_s and not _has_happened(waiting.awaited)


def _has_happened(awaited: Awaited) -> bool:
    """Tell, without taking it from who waits, whether what is awaited has happened."""
    match awaited:
        case Event():
            return awaited.is_set()
        case EndOf():
            return not awaited._thread.is_alive()
        case Wakeup():
            return not awaited._silence.locked()
    return False
