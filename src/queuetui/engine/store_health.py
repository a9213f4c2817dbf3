"""Whether the store answers, said once a change, and how long to leave it alone."""

from __future__ import annotations

import logging
from threading import Event, Lock
from typing import TYPE_CHECKING

from queuetui.engine.clock import Clock, jittered
from queuetui.engine.logs import log_event
from queuetui.model.errors import Denied, QueueTuiError, UnknownOutcome, Unreachable

if TYPE_CHECKING:
    from queuetui.engine.stop import Stopping

# What a worker outlives: the store may come back, or the right be given again.
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
        """Whether no part is in trouble."""
        return not self._failures

    def failed(self, part: str, error: QueueTuiError) -> float:
        """Take note of trouble; return how long to wait before the next try, 1 to 15 s with jitter."""
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
        """Leave the store alone for so long, or until it is back for another part or the worker is to stop."""
        until_s = self._clock.now() + span_s
        while (left_s := until_s - self._clock.now()) > 0 and not self._heard.is_set():
            if stopping.asked:
                stopping.pause(left_s)
                return
            stopping.asked_within(min(left_s, LOOK_AGAIN_S))

    def answered(self, part: str) -> None:
        """Take note that the store answered."""
        if part not in self._failures:
            # It was never away for this part, so the others are in a trouble of their own.
            return
        self._heard.set()
        with self._lock:
            self._failures.pop(part, None)
            back = not self._failures
        if back:
            log_event("store_back", logging.INFO, away_s=round(self._clock.now() - self._lost_at_s, 3))
