"""What a run leaves set in its process and the next one must not meet: timers, and a handler of TERM."""

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
    """What was set before the first run, which stays; the application's own profiler may have a timer."""

    def __init__(self, terminate: Handler) -> None:
        self._terminate = terminate
        catch(signal.SIGTERM, terminate)
        self._own = {name for name, which in _TIMERS.items() if _is_armed(which)}

    def remove(self) -> None:
        """Undo what a run has set, and tell of a timer: it would have ended a run that knows nothing of it."""
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
