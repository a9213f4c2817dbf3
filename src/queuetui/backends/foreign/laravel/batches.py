"""What job_batches says of the batch that a job belongs to."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from queuetui.backends.foreign.laravel.payload import read_payload
from queuetui.backends.foreign.laravel.rows import Row, is_uuid
from queuetui.backends.foreign.laravel.source import Source
from queuetui.model.job import Job
from queuetui.model.text import sanitize

_NAME_CHARS = 60


def add_batch(source: Source, row: Row, job: Job) -> Job:
    """Return the job with a remark on its batch; unchanged when it has none or the batch is gone."""
    batch_id = read_payload(row.payload.text).batch_id
    said = _describe(source, batch_id) if batch_id is not None and is_uuid(batch_id) else None
    return job if said is None else replace(job, remarks=(*job.remarks, said))


def _describe(source: Source, batch_id: str) -> str | None:
    batches = source.tables.batches
    if batches is None:
        return None
    found = source.connection.execute(select(batches).where(batches.c.id == batch_id)).mappings().first()
    if found is None:
        return None
    name = sanitize(str(found["name"]), _NAME_CHARS)
    state = "cancelled" if found["cancelled_at"] else "finished" if found["finished_at"] else "open"
    counts = [sanitize(str(found[column]), _NAME_CHARS) for column in ("total_jobs", "pending_jobs", "failed_jobs")]
    return f"its batch {name!r} is {state}: {counts[0]} jobs, {counts[1]} pending, {counts[2]} failures counted"
