"""TERM and INT: the first stops gracefully, the second hurries."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import current_thread, main_thread
from types import FrameType

from queuetui.engine.handler_forks import catch, release
from queuetui.engine.logs import log_event
from queuetui.engine.stop import Stopping

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Signals:
    """Signals that came in, acted upon later: they may interrupt any line, even one that logs."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping
        self._arrived: deque[int] = deque()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch TERM and INT within; outside the main thread Python lets nobody do so."""
        if current_thread() is not main_thread():
            yield
            return
        for number in STOP_SIGNALS:
            catch(number, self._note)
        try:
            yield
        finally:
            release(*STOP_SIGNALS)

    def act(self) -> None:
        """Stop, or hurry, for each signal that came in."""
        while self._arrived:
            name = signal.Signals(self._arrived.popleft()).name
            first = self._stopping.ask(name)
            log_event("shutdown_signal", signal=name, effect="stopping" if first else "hurrying")
            if not first:
                self._stopping.hurry()

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._arrived.append(number)
