"""The seam between a worker and the place where its handlers run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from queuetui.engine.held import Run


class Executor(Protocol):
    """Runs handlers in a fixed number of slots: in threads, in processes, or in both by type."""

    @property
    def unstarted(self) -> int:
        """How many runs may be waiting here for a slot: at least those that do."""
        ...

    @property
    def given_up(self) -> int:
        """How many handlers never ended after their time and had their slot replaced."""
        ...

    def submit(self, runs: Sequence[Run]) -> None:
        """Take runs over, in order, in one hand-off."""
        ...

    def take_back(self) -> list[Run]:
        """Return every run that has not begun; it will not begin here."""
        ...

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work, ended ones too while their handler goes on."""
        ...

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run that is longer than its limit; False when it is ending already.

        Where a handler can be killed it is dead before the ending is posted, so that no retry begins beside it.
        """
        ...

    def give_up(self, run: Run) -> None:
        """Replace the slot of a handler that does not end."""
        ...

    def mend(self) -> int:
        """Replace each slot that is dead, and return how many."""
        ...

    def halt(self) -> bool:
        """Wait until no run that was ended is still at work; False when one is, although it was killed."""
        ...

    def close(self) -> None:
        """Let every slot end after its current run."""
        ...
