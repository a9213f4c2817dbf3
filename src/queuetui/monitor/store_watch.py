"""Looks for old snapshots on the store's server at intervals, beside the polls."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from queuetui.model.errors import QueueTuiError
from queuetui.model.examination import HELD_S, Finding, Level
from queuetui.monitor.checks.server import judge_snapshots

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend

# Together with the age from which a snapshot is reported, its holder is named well within a minute.
LOOK_EVERY_S = 15.0


class StoreWatch:
    """Looks at the store, and remembers the findings until the next look is due."""

    def __init__(self, backend: Backend, held_s: float = HELD_S, clock: Callable[[], float] = time.monotonic) -> None:
        self._backend = backend
        self._held_s = held_s
        self._clock = clock
        self._again_s = float("-inf")
        self._found: tuple[Finding, ...] = ()
        self.problem = ""

    def look(self) -> tuple[Finding, ...]:
        """Return the findings of a look at most LOOK_EVERY_S old; `problem` says why it could not be taken."""
        # The examiner loads modules that the first picture does not need, so it is asked for no earlier than here.
        examiner = self._backend.examiner if self._clock() >= self._again_s else None
        if examiner is not None:
            found, problem = tuple[Finding, ...](), ""
            try:
                held = examiner.held_snapshots(self._held_s)
            except QueueTuiError as error:
                # The jobs were read and are worth showing without these findings.
                problem = str(error)
            else:
                finding = judge_snapshots(held, 0, self._held_s)
                found = () if finding.level is Level.OK else (finding,)
            # Assigned together, because another thread may look at the same time.
            self._found, self.problem = found, problem
            self._again_s = self._clock() + LOOK_EVERY_S
        return self._found
