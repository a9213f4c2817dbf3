"""The event log; listening for events does not import the modules that read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from queuetui.backends.base import Listener
    from queuetui.backends.native.sql.database import Database
    from queuetui.model.event import EventPage, EventRequest


class SqlEventLog:
    """The EventLog of the backend."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def events(self, request: EventRequest) -> EventPage:
        """Return one page of events, newest first."""
        from queuetui.backends.native.sql.look.event_pages import read_events

        return read_events(self._database, request)

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        from queuetui.backends.native.sql.worker.event_writes import logs_events

        return self._database.read("reading a queue's switch", lambda session: logs_events(session, queue))

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Listen for new events."""
        return self._database.listen_events(hear)
