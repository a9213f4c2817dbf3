"""What the console is handed: a profile and how to reach its store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.monitor.feed import Feed
    from queuetui.operate.operations import Operations


class Connection(NamedTuple):
    """A store that answered: what reads it and what may change it."""

    feed: Feed
    operations: Operations


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """One profile and how to reach it.

    `connect` blocks, may import drivers, and raises QueueTuiError. `hint` stands above the keys in help.
    """

    profile: Profile
    connect: Callable[[], tuple[Feed, Operations]]
    hint: str = ""

    def open(self) -> Connection:
        """Connect; blocks."""
        return Connection(*self.connect())
