"""The contract of what a store keeps beside its jobs: tokens of workers, and declared chores."""

from __future__ import annotations

from typing import Protocol

from queuetui.model.act import Act
from queuetui.model.upkeep import Chore, ChorePlan, Token


class Upkeep(Protocol):
    """Reads tokens and carries out chores."""

    @property
    def chores(self) -> tuple[Chore, ...]:
        """What is declared, in the order in which it is listed."""
        ...

    @property
    def keeps_tokens(self) -> bool:
        """Whether tokens are kept at all."""
        ...

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens that expire last, at most `limit`."""
        ...

    def plan(self, chore: Chore, days: float | None) -> ChorePlan:
        """Return what a chore would change now; reading only."""
        ...

    def carry_out(self, act: Act, plan: ChorePlan) -> tuple[int, str]:
        """Change what was planned, as it stood at the time of the plan.

        Returns how many rows were changed, and what they were, for the record.
        """
        ...
