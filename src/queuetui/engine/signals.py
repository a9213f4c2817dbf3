"""Handles TERM, INT and HUP: the first signal stops gracefully, the second ends the grace period.

The signals of timers that a handler sets do not end the worker, and the timers are disarmed when it stops.
"""

from __future__ import annotations

import logging
import signal
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import current_thread, main_thread
from types import FrameType

from queuetui.engine.handler_forks import catch, release
from queuetui.engine.handler_timers import TIMER_SIGNALS, HandlerTimers
from queuetui.engine.logs import log_event
from queuetui.engine.stop import Stopping

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TIMERS_ARE_SHARED = (
    "a handler set a timer of the whole process; run its type in a process of its own: hard_timeout=True"
)


class Signals:
    """Collects signals and acts on them later, as they may interrupt any line, even one that logs."""

    def __init__(self, stopping: Stopping) -> None:
        self._stopping = stopping
        self._arrived: deque[int] = deque()
        self._ticked: set[int] = set()

    @contextmanager
    def caught(self) -> Iterator[None]:
        """Catch the signals while the block runs; Python allows that in the main thread only.

        HUP is left alone where it is ignored: with `nohup` the worker is to outlive its terminal.
        """
        if current_thread() is not main_thread():
            yield
            return
        handler_timers = HandlerTimers()
        is_left = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        stops = [number for number in STOP_SIGNALS if not (is_left and number is signal.SIGHUP)]
        for number in stops:
            catch(number, self._note)
        timers = [number for number in TIMER_SIGNALS if self._shield(number)]
        try:
            yield
        finally:
            handler_timers.disarm()
            release(*stops, *timers)

    def act(self) -> None:
        """Stop, or end the grace period, for each signal received; log those of timers."""
        while self._arrived:
            number = signal.Signals(self._arrived.popleft())
            if number in TIMER_SIGNALS:
                log_event("timer_ignored", logging.WARNING, signal=number.name, reason=TIMERS_ARE_SHARED)
                continue
            first = self._stopping.ask(number.name)
            log_event("shutdown_signal", signal=number.name, effect="stopping" if first else "hurrying")
            if not first:
                self._stopping.hurry()

    def _shield(self, number: signal.Signals) -> bool:
        """Keep a timer's signal from ending the worker; suppress what an application's handler of it raises."""
        own = signal.getsignal(number)
        if own is signal.SIG_DFL:
            catch(number, self._note_timer)
        elif callable(own):

            def call(number: int, frame: FrameType | None) -> None:
                with suppress(BaseException):
                    own(number, frame)

            catch(number, call)
        else:
            return False
        return True

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._arrived.append(number)

    def _note_timer(self, number: int, frame: FrameType | None) -> None:
        """Note a timer's signal the first time only: the timer may tick a thousand times a second."""
        if number not in self._ticked:
            self._ticked.add(number)
            self._note(number, frame)
