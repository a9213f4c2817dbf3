"""Runs the calls of a console in turn on a background thread, so that no key waits for them."""

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
# Runs a callable on the owner's thread.
HandOver = Callable[[Callable[[], None]], object]


class BackgroundCalls:
    """Runs calls on one daemon thread and delivers their results on the owner's thread.

    A call in flight when the owner ends is abandoned: its result stays unknown.
    """

    def __init__(self, hand_over: HandOver) -> None:
        self._hand_over = hand_over
        self._waiting: queue.SimpleQueue[Work] = queue.SimpleQueue()
        self._thread = self._make_thread()

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def abandon(self) -> None:
        """Run the next calls on a new thread; the result of the call in flight is still delivered, if it ends."""
        self._thread = self._make_thread()
        self._thread.start()

    def read(
        self, work: Callable[[], T], then: Callable[[T], None], otherwise: Callable[[str], None]
    ) -> BackgroundRead:
        """Do `work`, which changes nothing, as `send` does; it is repeated once if its connection was lost."""
        return self.send(lambda: ask_again(work), then, otherwise)

    def send(
        self, work: Callable[[], T], then: Callable[[T], None], otherwise: Callable[[str], None]
    ) -> BackgroundRead:
        """Do `work` in the background.

        On the owner's thread `then` gets its value, or `otherwise` the reason for its failure.
        A caller that does not need the value any more calls `give_up` of the returned read, and neither is called. A call that
        changes anything must not be given up.
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
        """Run `then` on the owner's thread while a call is in progress."""
        self._hand_over(then)

    def _make_thread(self) -> threading.Thread:
        return threading.Thread(target=self._run, name="queuetui-calls", daemon=True)

    def _run(self) -> None:
        while threading.current_thread() is self._thread:
            call = self._waiting.get()
            self._hand_over(call())


def _say_nothing() -> None:
    """Deliver no result."""
