"""Reads one job with the facts that its verdict needs, in the transaction of the caller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.sql.look.context_reads import read_context
from queuetui.backends.native.sql.look.event_pages import read_events_in
from queuetui.backends.native.sql.look.job_columns import raw_columns, select_jobs
from queuetui.backends.native.sql.look.job_rows import read_job, to_error
from queuetui.backends.native.sql.look.snapshot_parts import switches_of
from queuetui.backends.native.sql.look.tables import attempt, job, job_done
from queuetui.backends.native.sql.worker.event_writes import logs_events
from queuetui.backends.native.sql.worker.rules import read_rules
from queuetui.backends.native.sql.worker.run_notes import read_notes
from queuetui.backends.sql.row_lock import read_row_lock
from queuetui.model.errors import NotFound
from queuetui.model.event import EventRequest
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import JobView
from queuetui.model.stuck import is_due
from queuetui.model.text import Untrusted, sanitize

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.engine import Row

    from queuetui.backends.native.sql.database import Database


def read_view(database: Database, connection: Connection, now: datetime, job_id: str, events: int) -> JobView:
    """Return a job whole, with at most so many of its events; raises NotFound."""
    found = read_whole(database, connection, job_id)
    context, session = read_context(connection, now), database.join(connection)
    return JobView(
        found,
        now,
        tuple(switches_of(context, name) for name in context.queues),
        context.workers,
        read_rules(session),
        read_attempts(connection, found.ref.id),
        read_notes(session, found.ref.id),
        read_events_in(connection, EventRequest(job_id=found.ref.id, limit=events)) if events else None,
        logs_events(session, found.queue.raw),
        lock=read_row_lock(connection, job, job.c.id == found.ref.id) if is_due(found, now) else None,
    )


def read_whole(database: Database, connection: Connection, job_id: str) -> Job:
    """Return one job whole; raises NotFound."""
    known = parse_id(job_id)
    for table in (job, job_done):
        found = select(*raw_columns(table)).where(table.c.id == (job_id if known is None else str(known))).subquery()
        row = connection.execute(select_jobs(found, whole=True)).one_or_none()
        if row is not None:
            return read_job(row, database.name, database.options.summaries)
    message = f"there is no job {sanitize(job_id, 60)!r} in this queue; it may have been deleted or pruned"
    raise NotFound(message)


def read_attempts(connection: Connection, job_id: str) -> tuple[Attempt, ...]:
    """Return the kept attempts of a job, oldest first."""
    known = parse_id(job_id)
    if known is None:
        return ()
    query = select(attempt).where(attempt.c.job_id == str(known)).order_by(attempt.c.fence)
    return tuple(map(_to_attempt, connection.execute(query)))


def _to_attempt(row: Row[Any]) -> Attempt:
    return Attempt(
        row.fence,
        row.outcome,
        to_error(row.error_class, row.error_message, row.error_traceback),
        None if row.worker_id is None else Untrusted(row.worker_id),
        row.started_at,
        row.ended_at,
    )
