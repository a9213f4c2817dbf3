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
class ErrandEnded(Message):
    """What a person asked for is done; `deliver` hands the answer over on the console's own thread."""

    deliver: Callable[[], None]
