"""A read in the background, broken off on the server when nobody waits for it any more."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from queuetui.model.interruption import Interruption, interruptible

# What ends by itself in so short a time is not worth telling the store.
GRACE_S = 0.15
# A store that is told between two statements goes on with the next one: it is told again.
AGAIN_S = 0.5
_MOST_TIMES = 10


class BackgroundRead:
    """One read: it runs on one thread and is given up by another, which does not wait for that."""

    def __init__(self) -> None:
        self._interruption = Interruption()
        self._is_over = threading.Event()
        self._is_given_up = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let the block be broken off, which then raises Interrupted."""
        try:
            with interruptible(self._interruption):
                yield
        finally:
            self._is_over.set()

    def give_up(self) -> None:
        """Have it broken off, unless it ends in a moment."""
        if self._is_given_up or self._is_over.is_set():
            return
        self._is_given_up = True
        threading.Thread(target=self._break_off, name="queuetui-breaking-off", daemon=True).start()

    def _break_off(self) -> None:
        wait_s = GRACE_S
        for _ in range(_MOST_TIMES):
            if self._is_over.wait(wait_s):
                return
            self._interruption.interrupt()
            wait_s = AGAIN_S
