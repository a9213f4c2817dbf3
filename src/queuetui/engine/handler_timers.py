"""Disarms interval timers that handlers left: their signals would end the whole process."""

from __future__ import annotations

import logging
import signal

from queuetui.engine.logs import log_event

TIMER_SIGNALS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF)
_TIMERS = {
    "ITIMER_REAL": signal.ITIMER_REAL,
    "ITIMER_VIRTUAL": signal.ITIMER_VIRTUAL,
    "ITIMER_PROF": signal.ITIMER_PROF,
}


class HandlerTimers:
    """Timers that were not armed yet when this was made; a profiler's own may have been."""

    def __init__(self) -> None:
        self._own = _armed()

    def disarm(self) -> None:
        """Disarm what handlers have left armed, and log it."""
        left = [name for name in _armed() if name not in self._own]
        for name in left:
            signal.setitimer(_TIMERS[name], 0)
        if left:
            log_event(
                "timer_left", logging.WARNING, timers=",".join(left), reason="a handler set it and did not stop it"
            )


def _armed() -> list[str]:
    return [name for name, which in _TIMERS.items() if signal.getitimer(which)[0] > 0]
