"""Tracks whether the store answers, logs each change, and sets the pauses between tries."""

from __future__ import annotations

import logging
from threading import Event, Lock
from typing import TYPE_CHECKING

from queuetui.engine.clock import Clock, jittered
from queuetui.engine.logs import log_event
from queuetui.model.errors import Denied, QueueTuiError, UnknownOutcome, Unreachable

if TYPE_CHECKING:
    from queuetui.engine.stop import Stopping

# Errors that do not end a worker: the store may become reachable, or the right be granted, again.
STORE_TROUBLE = (Unreachable, Denied, UnknownOutcome)
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0
LOOK_AGAIN_S = 0.2


class StoreHealth:
    """The state of the store as several threads see it, each under the name of its part."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: dict[str, int] = {}
        self._lost_at_s = 0.0
        self._heard = Event()
        self._lock = Lock()

    @property
    def well(self) -> bool:
        """Whether the last call of every part succeeded."""
        return not self._failures

    def failed(self, part: str, error: QueueTuiError) -> float:
        """Record a failure; return how long to wait before the next try, 1 to 15 s with jitter."""
        with self._lock:
            first = not self._failures
            failures = self._failures[part] = self._failures.get(part, 0) + 1
            self._heard.clear()
            if first:
                self._lost_at_s = self._clock.now()
        if first:
            log_event("store_lost", logging.ERROR, error=str(error), part=part)
        return jittered(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, 8)))

    def pause(self, span_s: float, stopping: Stopping) -> None:
        """Wait for `span_s` seconds, or until the store answers another part or the worker is to stop."""
        until_s = self._clock.now() + span_s
        while (left_s := until_s - self._clock.now()) > 0 and not self._heard.is_set():
            if stopping.asked:
                stopping.pause(left_s)
                return
            stopping.asked_within(min(left_s, LOOK_AGAIN_S))

    def answered(self, part: str) -> None:
        """Record that the store has answered."""
        if part not in self._failures:
            # It was never away for this part, so the others are in a trouble of their own.
            return
        self._heard.set()
        with self._lock:
            self._failures.pop(part, None)
            back = not self._failures
        if back:
            log_event("store_back", logging.INFO, away_s=round(self._clock.now() - self._lost_at_s, 3))
