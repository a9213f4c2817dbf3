"""What is wrong with a store as a whole, looked at once in a while beside the polls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError
from queuetui.model.examination import HELD_S, Finding, Level
from queuetui.monitor.checks.server import judge_snapshots

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend

# With the age that is told of from, whoever holds a snapshot is named well within a minute.
LOOK_EVERY_S = 15.0


class StoreWatch:
    """Remembers what was found until it is time to look again."""

    def __init__(self, backend: Backend, held_s: float = HELD_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._held_s = held_s
        self._clock = clock
        self._again_s = float("-inf")
        self._found: tuple[Finding, ...] = ()
        self.problem = ""

    def look(self) -> tuple[Finding, ...]:
        """Return what is wrong; `problem` says why it could not be read."""
        # The examiner is asked for at the first look and not before: it loads what the first picture can do without.
        examiner = self._backend.examiner if self._clock() >= self._again_s else None
        if examiner is not None:
            found, problem = tuple[Finding, ...](), ""
            try:
                held = examiner.held_snapshots(self._held_s)
            except QueueTuiError as error:
                # The picture of the jobs was read, and is worth showing without this.
                problem = str(error)
            else:
                finding = judge_snapshots(held, 0, self._held_s)
                found = () if finding.level is Level.OK else (finding,)
            # At once: another thread may look at the same time.
            self._found, self.problem = found, problem
            self._again_s = self._clock() + LOOK_EVERY_S
        return self._found
