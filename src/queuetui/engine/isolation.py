"""The protocol of executors, which run the handlers of a worker in threads or processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from queuetui.engine.held import Run


class Executor(Protocol):
    """Runs handlers in a fixed number of slots: in threads, in processes, or in both by type."""

    @property
    def unstarted(self) -> int:
        """The number of runs that wait for a slot; it may be too high, never too low."""
        ...

    @property
    def given_up(self) -> int:
        """How many handlers did not end after their run was ended and had their slot replaced."""
        ...

    def submit(self, runs: Sequence[Run]) -> None:
        """Take runs over, in order, in one hand-off."""
        ...

    def take_back(self) -> list[Run]:
        """Return every run that has not begun; the executor will not begin it."""
        ...

    def running(self) -> list[Run]:
        """Return the runs whose handlers are at work, also those that are ended already."""
        ...

    def time_out(self, run: Run, limit_s: float, elapsed_s: float) -> bool:
        """End a run that exceeded its time limit; False when it is ending already.

        A handler that can be killed is dead before the ending is posted, so that no retry runs beside it.
        """
        ...

    def give_up(self, run: Run) -> None:
        """Replace the slot of a handler that does not end."""
        ...

    def mend(self) -> int:
        """Replace each slot that is dead, and return how many."""
        ...

    def halt(self) -> bool:
        """Wait until no ended run is still at work; False when one is, although it was killed."""
        ...

    def close(self) -> None:
        """Let every slot end after its current run."""
        ...
