"""The stop request of a worker, with a grace period for its runs."""

from __future__ import annotations

from threading import Event, Lock

from queuetui.engine.clock import Clock, Wakeup

# How often the store is tried again while the grace is running.
PAUSE_WHILE_STOPPING_S = 0.5


class Stopping:
    """Whether the worker is to stop, why, and how long its runs may still take."""

    def __init__(self, grace_s: float, wakeup: Wakeup, clock: Clock) -> None:
        self.reason = ""
        self._grace_s = grace_s
        self._until_s = 0.0
        self._asked = Event()
        self._hurried = Event()
        self._lock = Lock()
        self._wakeup = wakeup
        self._clock = clock

    @property
    def asked(self) -> bool:
        """Whether the worker is to stop."""
        return self._asked.is_set()

    def ask(self, reason: str) -> bool:
        """Ask the worker to stop, so that it claims nothing more; False when it was asked before."""
        with self._lock:
            if self._asked.is_set():
                return False
            self.reason = reason
            self._until_s = self._clock.now() + self._grace_s
            self._asked.set()
        self._wakeup.ring()
        return True

    def hurry(self) -> None:
        """End the grace period now."""
        self.ask("hurried")
        with self._lock:
            self._until_s = min(self._until_s, self._clock.now())
        self._hurried.set()
        self._wakeup.ring()

    def grace_is_over(self, since_s: float = 0.0) -> bool:
        """Tell whether the grace period ended at least `since_s` seconds ago."""
        return self.asked and self._clock.now() >= self._until_s + since_s

    def asked_within(self, span_s: float) -> bool:
        """Wait for `span_s` seconds or until the worker is to stop; tell whether it is to stop."""
        return self._clock.wait(self._asked, span_s)

    def pause(self, span_s: float) -> None:
        """Wait for `span_s` seconds or until the worker is to stop; once it is, only for a moment."""
        if self.asked:
            self._clock.wait(self._hurried, min(span_s, PAUSE_WHILE_STOPPING_S))
        else:
            self._clock.wait(self._asked, span_s)
