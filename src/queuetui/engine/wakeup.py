"""Sleep that ends early when something happens."""

from __future__ import annotations

import random
from contextlib import suppress
from threading import Lock


class Wakeup:
    """A bell for one who waits: `ring` ends the current wait, or the next one.

    A lock that is held while the bell is silent: it wakes at once, where an event would first take and give other locks.
    """

    def __init__(self) -> None:
        self._silence = Lock()
        self._silence.acquire()

    def ring(self) -> None:
        """End the wait of who is waiting."""
        # It was rung before, and nobody has waited since.
        with suppress(RuntimeError):
            self._silence.release()

    def wait(self, timeout_s: float) -> None:
        """Wait for the bell, at most so long."""
        self._silence.acquire(timeout=max(0.0, timeout_s))


def jittered(span_s: float, spread: float = 0.25) -> float:
    """Return a span made longer or shorter by chance, so that workers do not act in step."""
    return span_s * random.uniform(1 - spread, 1 + spread)
