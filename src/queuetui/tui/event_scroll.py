"""The part of the log that a screen holds.

It is the newest page while the log is followed, else what was read and stands still.
"""

from __future__ import annotations

from queuetui.model.event import Event, EventPage

PAGE_EVENTS = 100
MOST_EVENTS = 5_000


class EventScroll:
    """Events of one filter, newest first; an event never changes, so what was read is not read again."""

    def __init__(self) -> None:
        self.events: tuple[Event, ...] = ()
        self.has_more = False
        self.newer = 0
        self.is_newer_capped = False

    @property
    def is_full(self) -> bool:
        """Whether no older ones are taken any more."""
        return len(self.events) >= MOST_EVENTS

    def follow(self, page: EventPage) -> None:
        """Hold the newest page, and nothing else."""
        self.events, self.has_more = page.events, page.has_more
        self.newer, self.is_newer_capped = 0, False

    def look_up(self, page: EventPage) -> None:
        """Hold what is held, and count what the newest page has above it."""
        held = {event.cursor for event in self.events}
        new = [event for event in page.events if event.cursor not in held]
        self.newer = len(new)
        self.is_newer_capped = len(new) == len(page.events) and page.has_more

    def extend(self, page: EventPage) -> None:
        """Hold an older page too, as far as there is room."""
        room = MOST_EVENTS - len(self.events)
        self.events += page.events[:room]
        self.has_more = page.has_more
