"""Opens the native queue on SQLite or PostgreSQL."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from queuetui.backends.base import COUNT_CAP, Found
from queuetui.backends.native.retention import Retention
from queuetui.backends.native.sql import migrating, telling
from queuetui.backends.native.sql.database import connect_database
from queuetui.backends.native.sql.noting import SqlRunNotes
from queuetui.backends.native.sql.rules import SqlClaimRules
from queuetui.backends.native.sql.scheduling import SqlSchedules
from queuetui.backends.native.sql.session import Session
from queuetui.backends.native.sql.store import SqlJobStore
from queuetui.model.errors import NotFound
from queuetui.model.measured import Exactness, Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.backends.native.sql.inspector import SqlInspector
    from queuetui.backends.native.sql.operator import SqlOperator
    from queuetui.model.act import Act, JobRef, Result
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.event import EventPage, EventRequest
    from queuetui.model.examination import Examination, HeldSnapshot
    from queuetui.model.job import Attempt, Job
    from queuetui.model.limits import Limits
    from queuetui.model.page import Page, PageRequest, PlannedTerm
    from queuetui.model.query import Query
    from queuetui.model.snapshot import Snapshot, Watch


class SqlBackend(SqlJobStore, SqlSchedules, SqlClaimRules, SqlRunNotes):
    """Our own queue on SQL; what a console needs of it is loaded when it is first asked for, and never by a worker."""

    @cached_property
    def _inspector(self) -> SqlInspector:
        from queuetui.backends.native.sql.inspector import SqlInspector

        return SqlInspector(self.database)

    @cached_property
    def _operator(self) -> SqlOperator:
        from queuetui.backends.native.sql.operator import SqlOperator

        return SqlOperator(self.database)

    @cached_property
    def _capabilities(self) -> Capabilities:
        return self.database.quick_capabilities() or self._inspector.capabilities

    @property
    def capabilities(self) -> Capabilities:
        """What this backend can do."""
        return self._capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return all that was asked for in one short read."""
        return self.database.quick_picture(watch) or self._inspector.snapshot(watch)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        return self._inspector.page(request, limits)

    def get(self, job_id: str) -> Job:
        """Return one job whole. Raises NotFound."""
        return self._inspector.get(job_id)

    def find(self, suffix: str, limit: int = 2) -> tuple[JobRef, ...]:
        """Return the jobs whose id is or ends in `suffix`."""
        return self._inspector.find(suffix, limit)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        return self._inspector.attempts(job_id)

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        return self._inspector.plan(query)

    def events(self, request: EventRequest) -> EventPage:
        """Return one page of what happened, newest first."""
        return self._inspector.events(request)

    def logs_events(self, queue: str) -> bool:
        """Tell whether a queue's events are on."""
        return self.database.read("reading a queue's switch", lambda session: telling.logs_events(session, queue))

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Hear that there may be new events."""
        return self.database.listen_events(hear)

    def examine(self, held_s: float) -> Examination:
        """Return all that the database tells of its condition."""
        from queuetui.backends.native.sql.examining import examine

        return examine(self.database, held_s)

    def held_snapshots(self, held_s: float) -> tuple[HeldSnapshot, ...]:
        """Return who holds an old picture of the data open."""
        from queuetui.backends.native.sql.examining import held_snapshots

        return held_snapshots(self.database, held_s)

    def apply(self, act: Act, targets: Sequence[JobRef], limits: Limits) -> tuple[Result, ...]:
        """Do an act to each target."""
        return self._operator.apply(act, targets, limits)

    def apply_to_queue(self, act: Act, queue: str) -> Result:
        """Pause or resume a queue, or switch its events."""
        return self._operator.apply_to_queue(act, queue)

    def clean_workers(self, act: Act, silent_s: float) -> int:
        """Delete the registrations of silent workers."""
        return self._operator.clean_workers(act, silent_s)

    def close(self) -> None:
        """Give back every connection."""
        self.database.close()


def open_backend(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue; with `options.create` made or brought up to date first. Raises NotFound and SchemaTooNew."""
    database = connect_database(url, options)
    try:
        if options.create:
            if migrating.migrate(database):
                database.keep_event_days(Retention.from_settings(options.settings).events_s)
        elif migrating.check_version(database) is None:
            raise NotFound(
                "the database holds no queue of queuetui: its table queuetui_meta is not there; check the URL, or make a queue with: "
                "queuetui enqueue"
            )
    except BaseException:
        database.close()
        raise
    return SqlBackend(database)


def open_schema(url: str, options: BackendOptions) -> SqlBackend:
    """Open the queue for its schema alone, whatever its version. Raises NotFound for an SQLite file that is not there."""
    return SqlBackend(connect_database(url, options))


def discover(url: str, options: BackendOptions) -> Found | None:
    """Return our own queue if the store holds one. Raises NotFound for an SQLite file that is not there."""
    database = connect_database(url, options)
    try:
        version = migrating.read_version(database)
        if version is None:
            return None
        jobs = database.read("counting jobs", _count_jobs)
    finally:
        database.close()
    return Found("native", "queuetui", f"its tables queuetui_* hold schema {version}", jobs=jobs)


def _count_jobs(session: Session) -> Measured[int]:
    row = session.row("count_jobs", limit=COUNT_CAP + 1)
    count: int = 0 if row is None else row[0]
    return Measured(count) if count <= COUNT_CAP else Measured(COUNT_CAP, Exactness.CAPPED)
