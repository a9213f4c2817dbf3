"""The state of the connection to a store: whether it answers, since when not, when it is retried."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Whether the store answers."""

    CONNECTING = "connecting"
    LIVE = "live"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Link:
    """The connection's state; times are of the monotonic clock, `was_live` tells whether it ever answered."""

    state: LinkState = LinkState.CONNECTING
    reason: str = ""
    attempt: int = 0
    lost_at: float = 0.0
    retry_at: float = 0.0
    was_live: bool = False

    @property
    def is_down(self) -> bool:
        """Whether the store was expected to answer and does not."""
        return self.state in {LinkState.SILENT, LinkState.LOST}

    @property
    def is_live(self) -> bool:
        """Whether the store answers, so that what is shown is fresh."""
        return self.state is LinkState.LIVE

    def describe(self, now: float) -> str:
        """Return the sentence that the console shows about a store that does not answer."""
        if self.state is LinkState.CONNECTING:
            return "connecting"
        if self.state is LinkState.SILENT:
            return f"NO ANSWER {_clock(now - self.lost_at)} - {self.reason}; what is shown is as old as that"
        word = "DISCONNECTED" if self.was_live else "NO CONNECTION"
        wait_s = max(0, round(self.retry_at - now))
        again = f"retry in {wait_s} s" if wait_s else "trying now"
        return f"{word} {_clock(now - self.lost_at)} - {again} (attempt {self.attempt}): {self.reason}"


def _clock(seconds: float) -> str:
    """Return `00:12`, or `1:02:05` from an hour on."""
    down_s = max(0, int(seconds))
    hours, minutes = divmod(down_s // 60, 60)
    return f"{hours}:{minutes:02}:{down_s % 60:02}" if hours else f"{minutes:02}:{down_s % 60:02}"
