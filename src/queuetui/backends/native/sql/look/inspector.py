"""Reads our own queue on SQL for a console."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from queuetui.backends.native.ids import canonical_id
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.context_reads import read_context
from queuetui.backends.native.sql.look.durability import describe_capabilities
from queuetui.backends.native.sql.look.job_columns import raw_columns, select_jobs
from queuetui.backends.native.sql.look.job_rows import read_job
from queuetui.backends.native.sql.look.job_views import read_attempts, read_view, read_whole
from queuetui.backends.native.sql.look.pages import read_page
from queuetui.backends.native.sql.look.short_id_search import find_refs
from queuetui.backends.native.sql.look.snapshots import SnapshotPast, take_snapshot
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.backends.native.sql.look.term_kinds import plan_terms
from queuetui.backends.native.sql.look.walks import WalkSource
from queuetui.backends.reading.worker_names import name_workers
from queuetui.backends.sql.identity import identify
from queuetui.model.job import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queuetui.backends.native.sql.database import Database
    from queuetui.model.capabilities import Capabilities
    from queuetui.model.identity import Identity
    from queuetui.model.job import Attempt, Job
    from queuetui.model.job_view import JobView
    from queuetui.model.limits import Limits
    from queuetui.model.page import IdSearch, Page, PageRequest, PlannedTerm
    from queuetui.model.query import Query
    from queuetui.model.snapshot import Snapshot, Watch


class SqlInspector:
    """The Inspector of the backend: each call is one short read-only transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._past = SnapshotPast()
        self._capabilities: Capabilities | None = None

    @property
    def capabilities(self) -> Capabilities:
        """The capabilities; the durability is read from the store once."""
        if self._capabilities is None:
            self._capabilities = describe_capabilities(self._database)
        return self._capabilities

    def snapshot(self, watch: Watch) -> Snapshot:
        """Return the requested parts; a part that fails is named, and the parts after it are read again."""
        return take_snapshot(self._database, watch, self._past)

    def forget(self) -> None:
        """Drop cached counts after an act, so that its effect is shown at once.

        A read that began before writes its counts to the dropped cache.
        """
        self._past = SnapshotPast(self._past.tally)

    def page(self, request: PageRequest, limits: Limits) -> Page:
        """Return one page."""
        with open_reading(self._database, "reading a page of jobs") as (connection, now):
            context = read_context(connection, now)
            options = self._database.options
            reading = WalkSource(connection, self._database.name, options.summaries, context.criteria(limits))
            named = replace(request, query=name_workers(request.query, context.workers))
            return read_page(reading, context.queues, named)

    def get(self, job_id: str) -> Job:
        """Return one job whole."""
        with open_reading(self._database, "reading a job") as (connection, _):
            return read_whole(self._database, connection, job_id)

    def view(self, job_id: str, events: int) -> JobView:
        """Return one job with the facts that its verdict needs."""
        with open_reading(self._database, "reading a job and what explains it") as (connection, now):
            return read_view(self._database, connection, now, job_id, events)

    def get_many(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return the jobs that exist, in the order of the given ids."""
        asked = tuple(dict.fromkeys(canonical_id(job_id) or job_id for job_id in job_ids))
        found: dict[str, Job] = {}
        if not asked:
            return ()
        with open_reading(self._database, "reading jobs by their ids") as (connection, _):
            for table in (job, job_done):
                rows = select(*raw_columns(table)).where(table.c.id.in_(asked)).subquery()
                read = (
                    read_job(row, self._database.name, self._database.options.summaries)
                    for row in connection.execute(select_jobs(rows))
                )
                found |= {one.ref.id: shorten(one) for one in read}
        return tuple(found[job_id] for job_id in asked if job_id in found)

    def find(self, suffix: str, limit: int = 2, after: str | None = None) -> IdSearch:
        """Find the jobs whose id ends in `suffix`, with or without hyphens.

        Six digits find every id that was made by this package; fewer digits, and ids made elsewhere, are searched in batches.
        """
        with open_reading(self._database, "looking for a job") as (connection, now):
            return find_refs(self._database, connection, now, suffix, limit, after)

    def attempts(self, job_id: str) -> tuple[Attempt, ...]:
        """Return the kept attempts of a job."""
        with open_reading(self._database, "reading a job's attempts") as (connection, _):
            return read_attempts(connection, job_id)

    def plan(self, query: Query) -> tuple[PlannedTerm, ...]:
        """Return how each term of a filter is answered."""
        return plan_terms(query)

    def identity(self) -> Identity:
        """Return the identity that distinguishes this queue from another one at the same address."""
        with open_reading(self._database, "asking the database who it is") as (connection, _):
            return identify(connection)
