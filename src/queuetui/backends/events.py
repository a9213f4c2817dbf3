"""The log of what happened: a role of its own, for backends that keep one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from queuetui.backends.base import Listener
from queuetui.model.event import EventPage, EventRequest


@runtime_checkable
class EventLog(Protocol):
    """Reads events.

    Each was written in the transaction of what it tells of, and is kept for a bounded time.
    Transitions of a queue's jobs are told only while its events are on. A run so short that nothing marked it as running has no
    JobStarted of its own: its end tells when it began.
    """

    def events(self, request: EventRequest) -> EventPage:
        """Return one page, newest first; raises BadQuery for a cursor that is none."""
        ...

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        ...

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Call `hear` when there may be new events, from a thread of the backend's own.

        None where there is no way to hear.
        A hint, of which some may be missing and some false.
        """
        ...
