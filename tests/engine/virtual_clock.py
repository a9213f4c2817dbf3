"""Time that passes when a test says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import inf
from threading import Lock, Thread, current_thread

from queuetui.engine.clock import Awaited, Clock
from tests.waiting import wait_until

BEGINS_S = 1000.0
# What is shorter passes by itself, for whoever waits for it: a batch of endings that fills, the next look at an empty queue.
MOMENT_S = 0.05
LOOK_S = 0.003
STEP_S = 0.5


class VirtualClock(Clock):
    """Stands still but for moments, and passes step by step, so that every part of a worker does on the way what it has to.

    However slow the machine is, no time is over before all who were to act within it have acted.
    """

    def __init__(self) -> None:
        self._now_s = BEGINS_S
        self._began_at = datetime.now(UTC)
        self._waiting: dict[Thread, float] = {}
        self._lock = Lock()

    def now(self) -> float:
        """Return the seconds."""
        return self._now_s

    def utc(self) -> datetime:
        """Return the time of day, for a store."""
        return self._began_at + timedelta(seconds=self._now_s - BEGINS_S)

    def wait(self, awaited: Awaited, span_s: float) -> bool:
        """Wait until something has happened, or so much time has passed here."""
        until_s = self._now_s + max(0.0, span_s)
        with self._lock:
            self._waiting[current_thread()] = until_s
        try:
            return self._wait(awaited, span_s, until_s)
        finally:
            with self._lock:
                del self._waiting[current_thread()]

    def is_waiting(self, thread: Thread) -> bool:
        """Tell whether a thread waits here for what is yet to come."""
        with self._lock:
            return self._waiting.get(thread, 0.0) > self._now_s

    def pass_by(self, span_s: float, step_s: float = STEP_S) -> None:
        """Let so much time pass."""
        ends_s = self._now_s + span_s
        while self._now_s < ends_s:
            self._step(min(ends_s, self._now_s + step_s))

    def pass_until(self, condition: Callable[[], object], within_s: float = 60.0, step_s: float = STEP_S) -> None:
        """Let time pass until something is so, and fail if that takes more of it."""
        ends_s = self._now_s + within_s
        while not condition():
            assert self._now_s < ends_s, f"{within_s:g} s have passed in vain"
            self._step(self._now_s + step_s)

    def _wait(self, awaited: Awaited, span_s: float, until_s: float) -> bool:
        moment_s = span_s if span_s <= MOMENT_S else inf
        while not awaited.wait(max(0.0, min(LOOK_S, moment_s))):
            moment_s -= LOOK_S
            if moment_s <= 0:
                self._reach(until_s)
            if self._now_s >= until_s:
                return False
        return True

    def _reach(self, now_s: float) -> None:
        with self._lock:
            self._now_s = max(self._now_s, now_s)

    def _step(self, now_s: float) -> None:
        """Let it be so late, and wait until whoever waited for less has acted and waits again."""
        self._reach(now_s)
        with self._lock:
            woken = [thread for thread, until_s in self._waiting.items() if until_s <= now_s]
        wait_until(lambda: not any(map(self._is_acting, woken)), 60, interval_s=LOOK_S / 3)

    def _is_acting(self, thread: Thread) -> bool:
        return thread.is_alive() and not self.is_waiting(thread)
