"""Chores on rows that are no jobs, and tokens, as a mapping file declares them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.text import Untrusted, sanitize

_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Chore:
    """One write that is declared for rows that are no jobs.

    `does` says it in words that go on from "to"; `takes_days`: it is for rows older than so many days.
    """

    name: str
    does: str
    beware: str = ""
    takes_days: bool = False


@dataclass(frozen=True, slots=True)
class ChorePlan:
    """The plan of a chore: the rows that it would change, as they were counted.

    `rows` is how many rows by the time `as_of`, `samples` a few of them in words.

    What is confirmed is done by `as_of`, so that no row that comes later is among them.
    """

    chore: Chore
    as_of: datetime
    rows: int
    samples: tuple[Untrusted, ...] = ()
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token with which a worker registers once; its value is never shown whole."""

    value: Untrusted
    worker: Untrusted | None
    expires_at: datetime | None

    @property
    def masked(self) -> str:
        """The first characters, followed by three dots."""
        return f"{sanitize(self.value)[:_SHOWN]}..."

    def state(self, now: datetime) -> str:
        """Return consumed where a worker has it, else expired where its time is over, else open."""
        if self.worker is not None:
            return "consumed"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "open"


def describe_token(token: Token, now: datetime) -> dict[str, Any]:
    """Return a token as programs read it, masked."""
    return {
        "token": token.masked,
        "state": token.state(now),
        "worker": None if token.worker is None else token.worker.raw,
        "expires_at": None if token.expires_at is None else to_text(token.expires_at),
    }
