"""What scripted jobs tell of themselves."""

from __future__ import annotations

from datetime import timedelta

from queuetui.model.event import Event, EventKind
from queuetui.model.job import Job


def events_of(job: Job) -> tuple[Event, ...]:
    """Return what happened to a job, newest first: it was created, and claimed if anybody has it."""
    if job.created_at is None:
        return ()
    created = Event("1", job.created_at, EventKind.JOB_CREATED, job.queue, job.ref.id, detail=job.type)
    if job.worker is None:
        return (created,)
    at = job.created_at + timedelta(seconds=1)
    claimed = Event("2", at, EventKind.JOB_SCHEDULED, job.queue, job.ref.id, job.worker, attempt=1, fence=3)
    return (claimed, created)
