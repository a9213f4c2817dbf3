"""A background read that can be cancelled on the server once nobody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from queuetui.model.interruption import Interruption, interruptible

# A read that ends by itself within this time is not cancelled.
GRACE_S = 0.15
# A cancel request that arrives between two statements of the read has no effect, so it is repeated.
AGAIN_S = 0.5
_MOST_TIMES = 10


class BackgroundRead:
    """One read: it runs on one thread and is given up by another, which does not wait for its end."""

    def __init__(self) -> None:
        self._interruption = Interruption()
        self._is_over = threading.Event()
        self._is_given_up = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run the block so that `give_up` can cancel it; it raises Interrupted then."""
        try:
            with interruptible(self._interruption):
                yield
        finally:
            self._is_over.set()

    def give_up(self) -> None:
        """Cancel the read, unless it ends within a moment."""
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
