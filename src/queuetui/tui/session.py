"""What the console is handed: profiles and how to reach their stores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from queuetui.config.profile import Profile
    from queuetui.monitor.feed import Feed
    from queuetui.monitor.store_link import StoreLink
    from queuetui.operate.operations import Operations


class Connection(NamedTuple):
    """A store that answered: what reads it and what may change it."""

    feed: Feed
    operations: Operations


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """One profile, or one queue system of it, and how it is reached.

    `connect` blocks, may import drivers, and raises QueueTuiError. `find` returns a session for each system that a whole
    profile's store holds; `hint` stands above the keys in help.
    """

    profile: Profile
    connect: Callable[[], tuple[Feed, Operations]]
    hint: str = ""
    find: Callable[[], Sequence[ConsoleSession]] | None = None

    @property
    def interval_s(self) -> float:
        """How often the store is read."""
        return self.profile.poll_s

    def survey(self) -> Sequence[ConsoleSession]:
        """Return a session for each system in the store, nothing where this is one already; blocks."""
        return () if self.find is None else self.find()

    def open(self) -> Connection:
        """Connect; blocks."""
        return Connection(*self.connect())


if TYPE_CHECKING:
    ConsoleLink = StoreLink[Connection, ConsoleSession]
