"""Runs what a person asked for, one thing after the other, on a thread that never blocks the keys."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from queuetui.model.errors import QueueTuiError
from queuetui.model.interruption import Interrupted
from queuetui.monitor.asked_again import ask_again
from queuetui.monitor.background_read import BackgroundRead

T = TypeVar("T")
Work = Callable[[], Callable[[], None]]
# Has something done on the owner's thread.
HandOver = Callable[[Callable[[], None]], object]


class BackgroundCalls:
    """One daemon thread; a call in flight when its owner ends is left behind, its answer unknown.

    What it answers is handed over to the owner's thread.
    """

    def __init__(self, hand_over: HandOver) -> None:
        self._hand_over = hand_over
        self._waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._thread = self._make_thread()

    def start(self) -> None:
        """Begin to take calls."""
        self._thread.start()

    def abandon(self) -> None:
        """Leave the call in flight to itself; it still tells its end, while others go on."""
        self._thread = self._make_thread()
        self._thread.start()

    def read(
        self, work: Callable[[], T], then: Callable[[T], None], otherwise: Callable[[str], None]
    ) -> BackgroundRead:
        """Send what changes nothing: it is asked once more where its connection ended in the midst of it."""
        return self.send(lambda: ask_again(work), then, otherwise)

    def send(
        self, work: Callable[[], T], then: Callable[[T], None], otherwise: Callable[[str], None]
    ) -> BackgroundRead:
        """Do `work` in the background.

        On the owner's thread give its value to `then`, or the reason to `otherwise`.
        Who does not want the value any more gives up what is returned, and hears nothing; never a call that changes anything.
        """
        reading = BackgroundRead()

        def call() -> Callable[[], None]:
            try:
                with reading.running():
                    return partial(then, work())
            except Interrupted:
                return _say_nothing
            except QueueTuiError as error:
                return partial(otherwise, str(error))
            except Exception as error:  # noqa: BLE001 - the person who asked must hear of it
                return partial(otherwise, f"a fault in queuetui itself ({type(error).__name__}); please report it")

        self._waiting.put(call)
        return reading

    def tell(self, then: Callable[[], None]) -> None:
        """Have something done on the owner's thread, while a call goes on."""
        self._hand_over(then)

    def _make_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="queuetui-calls", daemon=True)

    def _run(self) -> None:
        while threading.current_thread() is self._thread:
            call = self._waiting.get()
            self._hand_over(call())


def _say_nothing() -> None:
    """Deliver nothing."""
