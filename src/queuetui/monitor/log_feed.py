"""What is read of the log of a backend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from queuetui.model.event import EventPage, EventRequest
from queuetui.model.snapshot import Part, Watch
from queuetui.monitor.follower import EVENTS_A_PAGE, LOOK_BACK, MOST_A_LOOK, Follower, log_of
from queuetui.monitor.run_starts import RunStarts, asked_of_log, shown_page

if TYPE_CHECKING:
    from datetime import datetime

    from queuetui.backends.backend import Backend
    from queuetui.backends.base import Listener
    from queuetui.model.access import Access
    from queuetui.model.limits import Limits
    from queuetui.model.verdict import Verdict
    from queuetui.monitor.gaps import LogGaps
    from queuetui.monitor.lives import Lives
    from queuetui.monitor.worker_history import GoneWorker


class LogFeed:
    """The part of a feed that reads the event log; it raises Unsupported if the store keeps none."""

    _backend: Backend

    if TYPE_CHECKING:

        @property
        def limits(self) -> Limits:
            """The limits that ages and run times are judged by."""
            ...

        @property
        def access(self) -> Access:
            """How the commands that verdicts advise reach the store."""
            ...

        def now(self) -> datetime:
            """Return the time of the store's clock."""
            ...

        def gap_of(self, job_id: str) -> Verdict | None:
            """Return the verdict about a job whose events contradict its state."""
            ...

    def events(self, request: EventRequest) -> EventPage:
        """Return one page of events; raises Unsupported if no log is kept."""
        log = log_of(self._backend)
        if not self._backend.inspector.capabilities.native:
            return log.events(request)
        return shown_page(log.events(asked_of_log(request)), request)

    def logs_events(self, queue: str) -> bool:
        """Tell whether events are logged for a queue."""
        return log_of(self._backend).logs_events(queue)

    def listen(self, hear: Callable[[], None]) -> Listener | None:
        """Call `hear`, on another thread, when there may be new events; None if the store sends no hints."""
        log = self._backend.events
        return None if log is None else log.listen_events(hear)

    def follow_from_now(self) -> Follower:
        """Return a follower that yields each event from now on once; raises Unsupported if no log is kept."""
        follower = self.follower(EventRequest(since=self.now() - LOOK_BACK, limit=EVENTS_A_PAGE))
        # The first look takes the events that the log holds already, whatever their time, so that they are not told as new.
        follower.look()
        return follower

    def follower(self, request: EventRequest) -> Follower:
        """Return a follower of the log, past events included; raises Unsupported if no log is kept."""
        log = log_of(self._backend)
        return Follower(log, request, expands=self._backend.inspector.capabilities.native)

    def lives(self, span: timedelta, limit: int, most: int = MOST_A_LOOK) -> Lives:
        """Return the lives of the jobs that have events in the last `span`.

        Raises Unsupported if no log is kept.
        """
        from queuetui.monitor.lives import read_lives

        now = self.now()
        own = self._backend.inspector.capabilities.native
        return read_lives(log_of(self._backend), now, now - span, limit, self.limits.stuck_after_s, own=own, most=most)

    def gone_workers(self, span: timedelta) -> tuple[tuple[GoneWorker, ...], bool]:
        """Return the workers that left in the last `span`, the latest first, and whether there may be more.

        Raises Unsupported if no log is kept.
        """
        from queuetui.monitor.worker_history import read_gone

        snapshot = self._backend.inspector.snapshot(Watch(limits=self.limits, parts=frozenset({Part.WORKERS})))
        return read_gone(log_of(self._backend), snapshot.now - span, {one.id.raw for one in snapshot.workers})

    def gaps(self, span: timedelta, limit: int) -> LogGaps:
        """Return the missing and misordered events of all jobs in the last `span`.

        Raises Unsupported if no log is kept.
        """
        from queuetui.monitor.gaps import GapReader

        reader = GapReader(
            log_of(self._backend), self._backend.inspector.capabilities.native, self.limits, self.gap_of, self.access
        )
        return reader.read(self.now(), span, limit)

    def event_counts(self, span: timedelta) -> tuple[dict[str, int], bool]:
        """Return the number of events of each kind in the last `span`.

        The second value tells whether the log holds more events than were counted.
        """
        from queuetui.monitor.lives import count_kinds, read_recent

        events, is_cut = read_recent(log_of(self._backend), self.now() - span)
        if self._backend.inspector.capabilities.native:
            events = list(RunStarts().shown(events, frozenset()))
        return count_kinds(events), is_cut
