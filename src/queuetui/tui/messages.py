"""What the background threads tell the console."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from queuetui.model.capabilities import Capabilities
from queuetui.model.picture import Picture
from queuetui.model.snapshot import Watch

if TYPE_CHECKING:
    from queuetui.tui.session import Connection

Post = Callable[[Message], object]


@dataclass
class Connected(Message):
    """The store answered for the first time, or again after it was lost."""

    connection: Connection
    capabilities: Capabilities


@dataclass
class PictureArrived(Message):
    """A poll ended: what was asked, what came, what it cost and when the next one follows."""

    watch: Watch
    picture: Picture
    cost_s: float
    pace_s: float


@dataclass
class PageRefused(Message):
    """The backend cannot answer the filter of `watch`; the rest goes on being read."""

    watch: Watch
    reason: str


@dataclass
class LinkLost(Message):
    """The store did not answer; the next try begins `retry_s` after this was sent."""

    reason: str
    attempt: int
    retry_s: float


@dataclass
class CallEnded(Message):
    """What a person asked for is done; `deliver` hands the answer over on the console's own thread."""

    deliver: Callable[[], None]


@dataclass
class PollMessages:
    """Hands what a poller tells over to the console's own thread, as messages."""

    post: Post

    def hear_connected(self, connection: Connection, capabilities: Capabilities) -> None:
        """Tell of a store that answers."""
        self.post(Connected(connection, capabilities))

    def hear_picture(self, watch: Watch, picture: Picture, cost_s: float, pace_s: float) -> None:
        """Tell of a poll that ended."""
        self.post(PictureArrived(watch, picture, cost_s, pace_s))

    def hear_refusal(self, watch: Watch, reason: str) -> None:
        """Tell of a filter that the backend cannot answer."""
        self.post(PageRefused(watch, reason))

    def hear_loss(self, reason: str, attempt: int, retry_s: float) -> None:
        """Tell of a store that does not answer."""
        self.post(LinkLost(reason, attempt, retry_s))
