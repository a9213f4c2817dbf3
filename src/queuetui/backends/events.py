"""The contract of the event log, for backends that keep one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from queuetui.backends.base import Listener
from queuetui.model.event import EventPage, EventRequest


@runtime_checkable
class EventLog(Protocol):
    """Reads events.

    An event is written in the transaction of the change that it reports, and is kept for a bounded time.
    State changes of a queue's jobs are logged only while the queue's events are on. A run too short to be marked as running has no
    JobStarted event: the event of its end says when it began.
    """

    def events(self, request: EventRequest) -> EventPage:
        """Return one page, newest first; raises BadQuery for an invalid cursor."""
        ...

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        ...

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Call `hear` when there may be new events, from a thread of the backend's own.

        The calls are hints: some may be missing and some false. None where the store cannot notify.
        """
        ...
