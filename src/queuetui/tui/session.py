"""The sessions that the console is started with: profiles, and how to reach their stores."""

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
    """An open store: the feed that reads it, and the operations that change it."""

    feed: Feed
    operations: Operations


@dataclass(frozen=True, slots=True)
class ConsoleSession:
    """A profile, or one queue system in its store, and how to connect to it.

    `connect` blocks, may import drivers, and raises QueueTuiError. `find`, of a whole profile, returns a session for each
    queue system in its store. `hint` is shown above the keys in help.
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
        """Return a session for each queue system in the store; none if this session is one itself; blocks."""
        return () if self.find is None else self.find()

    def open(self) -> Connection:
        """Connect; blocks."""
        return Connection(*self.connect())


if TYPE_CHECKING:
    ConsoleLink = StoreLink[Connection, ConsoleSession]
