"""The part of the event log that a screen holds.

It is the newest page while the screen follows the log, else the pages read so far, which no longer change.
"""

from __future__ import annotations

from queuetui.model.event import Event, EventPage

PAGE_EVENTS = 100
MOST_EVENTS = 5_000


class EventScroll:
    """Events of one filter, newest first; an event never changes, so none is read twice."""

    def __init__(self) -> None:
        self.events: tuple[Event, ...] = ()
        self.has_more = False
        self.newer = 0
        self.is_newer_capped = False

    @property
    def is_full(self) -> bool:
        """Whether the limit of held events is reached."""
        return len(self.events) >= MOST_EVENTS

    def follow(self, page: EventPage) -> None:
        """Replace the held events by the newest page."""
        self.events, self.has_more = page.events, page.has_more
        self.newer, self.is_newer_capped = 0, False

    def look_up(self, page: EventPage) -> None:
        """Keep the held events, and count the newer ones in the newest page."""
        held = {event.cursor for event in self.events}
        new = [event for event in page.events if event.cursor not in held]
        self.newer = len(new)
        self.is_newer_capped = len(new) == len(page.events) and page.has_more

    def extend(self, page: EventPage) -> None:
        """Append an older page, up to the limit of held events."""
        room = MOST_EVENTS - len(self.events)
        self.events += page.events[:room]
        self.has_more = page.has_more
