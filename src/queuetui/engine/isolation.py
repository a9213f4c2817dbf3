"""The seam between a worker and the place where its handlers run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from queuetui.engine.run import Run


class Executor(Protocol):
    """Runs handlers in a fixed number of slots; threads today, processes that can be killed behind the same few verbs."""

    @property
    def unstarted(self) -> int:
        """How many runs wait here for a slot."""
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

    def give_up(self, run: Run) -> None:
        """Replace the slot of a handler that does not end."""
        ...

    def close(self) -> None:
        """Let every slot end after its current run."""
        ...
