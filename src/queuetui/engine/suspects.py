"""Runs a job that was lost before with nothing beside it, so that whoever kills this worker is known.

The store claims such a suspect alone; but beside another run it could be the innocent one, three times over, and be quarantined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.engine.held import Run

# Longer runs are not waited for: they would delay every suspect of the queue, and this worker.
WAIT_FOR_OTHERS_S = 2.0
# After so long, other runs are started beside a suspect again.
ALONE_S = 30.0


class Suspects:
    """The one suspect in a worker's hands; `careful` is False where children can die alone."""

    def __init__(self, *, careful: bool) -> None:
        self._careful = careful
        self._run: Run | None = None
        self._waiting = False

    def keeps(self, runs: list[Run], unended: int) -> bool:
        """Tell whether new runs are a suspect, which waits here until it is alone (`unended` 1)."""
        if not self._careful or not runs or not runs[0].job.lost:
            return False
        self._run, self._waiting = runs[0], unended > 1
        return self._waiting

    def take_ready(self, unended: int, now_s: float) -> list[Run]:
        """Return the suspect that waits here, when it may begin."""
        run = self._run
        if run is None or not self._waiting or (unended > 1 and now_s - run.claimed_s < WAIT_FOR_OTHERS_S):
            return []
        # It has waited here, and not behind a slot that is held up.
        run.claimed_s = now_s
        return self.take_back()

    def take_back(self) -> list[Run]:
        """Return the suspect that waits here."""
        if self._run is None or not self._waiting:
            return []
        self._waiting = False
        return [self._run]

    def forbid_more(self, now_s: float) -> bool:
        """Tell whether nothing may be claimed now."""
        run = self._run
        if run is not None and (run.ended or (run.started_s is not None and now_s - run.started_s > ALONE_S)):
            self._run = None
        return self._run is not None
