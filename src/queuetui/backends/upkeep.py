"""The contract of what a store keeps beside its jobs: tokens of workers, and declared chores."""

from __future__ import annotations

from typing import Protocol

from queuetui.model.act import Act
from queuetui.model.upkeep import Chore, ChorePlan, Token


class Upkeep(Protocol):
    """Reads tokens and carries out chores."""

    @property
    def chores(self) -> tuple[Chore, ...]:
        """The declared chores, in the order in which they are listed."""
        ...

    @property
    def keeps_tokens(self) -> bool:
        """Whether the store keeps tokens at all."""
        ...

    def tokens(self, limit: int) -> tuple[Token, ...]:
        """Return the tokens that expire last, at most `limit`."""
        ...

    def plan(self, chore: Chore, days: float | None) -> ChorePlan:
        """Return what a chore would change now; this only reads."""
        ...

    def carry_out(self, act: Act, plan: ChorePlan) -> tuple[int, str]:
        """Carry out a plan on the rows that are unchanged since it was made.

        Returns how many rows were changed, and a description of them for the record.
        """
        ...
