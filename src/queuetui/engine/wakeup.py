"""Sleep that ends early when something happens."""

from __future__ import annotations

import random
from threading import Event


class Wakeup:
    """A bell: `ring` ends the current wait, or the next one."""

    def __init__(self) -> None:
        self._bell = Event()

    def ring(self) -> None:
        """End the wait of who is waiting."""
        self._bell.set()

    def wait(self, timeout_s: float) -> None:
        """Wait for the bell, at most so long."""
        if timeout_s > 0:
            self._bell.wait(timeout_s)
        self._bell.clear()


def jittered(span_s: float, spread: float = 0.25) -> float:
    """Return a span made longer or shorter by chance, so that workers do not act in step."""
    return span_s * random.uniform(1 - spread, 1 + spread)
