"""Resets timers and the TERM handler after a run, so that the next run in the process is not affected."""

from __future__ import annotations

import signal

from queuetui.engine.handler_forks import Handler, catch
from queuetui.engine.handler_timers import HandlerTimers


class RunMarks:
    """The timers set before the first run, such as a profiler's, which are kept."""

    def __init__(self, terminate: Handler) -> None:
        self._terminate = terminate
        catch(signal.SIGTERM, terminate)
        self._timers = HandlerTimers()

    def remove(self) -> None:
        """Undo what a run has set, and log a timer that it left: it would have ended a later run."""
        self._timers.disarm()
        if signal.getsignal(signal.SIGTERM) != self._terminate:
            catch(signal.SIGTERM, self._terminate)
