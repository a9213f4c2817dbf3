"""Resets timers and the TERM handler after a run, so that the next run in the process is not affected."""

from __future__ import annotations

import logging
import signal

from queuetui.engine.handler_forks import Handler, catch
from queuetui.engine.logs import log_event

_TIMERS = {
    "ITIMER_REAL": signal.ITIMER_REAL,
    "ITIMER_VIRTUAL": signal.ITIMER_VIRTUAL,
    "ITIMER_PROF": signal.ITIMER_PROF,
}


class RunMarks:
    """The timers set before the first run, such as a profiler's, which are kept."""

    def __init__(self, terminate: Handler) -> None:
        self._terminate = terminate
        catch(signal.SIGTERM, terminate)
        self._own = {name for name, which in _TIMERS.items() if _is_armed(which)}

    def remove(self) -> None:
        """Undo what a run has set, and log a timer that it left: it would have ended a later run."""
        left = [name for name, which in _TIMERS.items() if name not in self._own and _is_armed(which)]
        for name in left:
            signal.setitimer(_TIMERS[name], 0)
        if left:
            log_event(
                "timer_left", logging.WARNING, timers=",".join(left), reason="a handler set it and did not stop it"
            )
        if signal.getsignal(signal.SIGTERM) != self._terminate:
            catch(signal.SIGTERM, self._terminate)


def _is_armed(which: int) -> bool:
    return signal.getitimer(which)[0] > 0
