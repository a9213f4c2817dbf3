"""Reads one job with the facts that its verdict needs, in one transaction and one round trip."""

from __future__ import annotations

from queuetui.backends.native.redis.event_log import BATCH_ENTRIES, Batch, continue_events
from queuetui.backends.native.redis.ids import to_stored
from queuetui.backends.native.redis.jobs import WHOLE, read_attempts, read_job
from queuetui.backends.native.redis.pictures import SWITCHES_AND_WORKERS, Wanted, picture_values, read_picture
from queuetui.backends.native.redis.rules import RULES_ASKED, to_uses
from queuetui.backends.native.redis.run_notes import to_noted_runs
from queuetui.backends.native.redis.server import Server
from queuetui.model.errors import NotFound
from queuetui.model.event import EventRequest
from queuetui.model.job_view import JobView, uncounted_queue
from queuetui.model.text import sanitize

# The events of one job are found by a search through the log's entries; this many cover most logs whole.
VIEW_ENTRIES = 10 * BATCH_ENTRIES


def read_view(server: Server, job_id: str, events: int) -> JobView:
    """Return a job with at most so many of its events; raises NotFound.

    In a longer log the search continues.
    """
    stored = to_stored(job_id)
    replies = server.read_all(
        "reading a job and what explains it",
        ("read_jobs", (WHOLE, stored)),
        ("picture", picture_values(Wanted(SWITCHES_AND_WORKERS), server.options.limits)),
        ("read_attempts", (stored,)),
        ("read_notes", (stored,)),
        ("rules_in_use", RULES_ASKED),
        *([("read_events", ("+", VIEW_ENTRIES, stored))] if events else []),
    )
    (found,), around, attempts, notes, rules, *log = replies
    if found is None:
        raise missing(job_id)
    job = read_job(found, server.name, server.options.summaries)
    picture = read_picture(server, server.options.limits, around)
    logged = {row.name: row.logs_events for row in picture.queues}
    request = EventRequest(job_id=job.ref.id, limit=events)
    return JobView(
        job,
        picture.now,
        tuple(
            uncounted_queue(row.name, row.paused_at, row.paused_by, logs_events=row.logs_events, rests=row.rests)
            for row in picture.queues
        ),
        picture.workers,
        to_uses(rules),
        read_attempts(attempts),
        to_noted_runs(notes),
        continue_events(server, request, Batch(log[0], VIEW_ENTRIES)) if events else None,
        logged.get(job.queue.raw, True),
        picture.held_until,
    )


def missing(job_id: str) -> NotFound:
    """Return the error of a job that is not there."""
    return NotFound(f"there is no job {sanitize(job_id, 60)!r} in this queue; it may have been deleted or pruned")
