"""Makes a `Job` of a row."""

from __future__ import annotations

from typing import Any

from queuetui.backends.native.odd_values import JobRemarks
from queuetui.model.act import JobRef
from queuetui.model.job import Job, JobError
from queuetui.model.payload import SummaryPaths, summarise_json
from queuetui.model.text import Untrusted

# A summary needs at most this much of a payload: one within the row is read whole, of a larger one in its own table the first bytes.
HEAD_BYTES = 8 * 1024


def read_job(row: Any, backend: str, summaries: SummaryPaths | None) -> Job:  # noqa: ANN401 - a record of any driver
    """Return the job of a row with its payload; without a summary where no paths are given."""
    stored, odd = row.payload or b"", JobRemarks()
    payload = bytes(stored).decode("utf-8", "replace")
    return Job(
        ref=JobRef(backend, odd.read_id(row.id), str(row.rev)),
        type=odd.read_text(row.type, "type"),
        queue=odd.read_text(row.queue, "queue"),
        state=odd.read_state(row.state),
        payload=Untrusted(payload),
        payload_whole=(row.payload_size or 0) <= len(stored),
        name=_text(row.name),
        data=summarise_json(row.type, payload, summaries),
        priority=row.priority,
        attempts=odd.read_count(row.attempts, "attempts"),
        max_attempts=odd.read_count(row.max_attempts, "most attempts"),
        lost=odd.read_count(row.lost, "losses"),
        error=to_error(row.error_class, row.error_message, row.error_traceback),
        result=None if row.result is None else Untrusted(bytes(row.result).decode("utf-8", "replace")),
        progress=_text(row.progress),
        worker=_text(row.worker_id),
        correlation_id=_text(row.correlation_id),
        idempotency_key=_text(row.key),
        tags=odd.read_names(row.tags, "tags"),
        needs=odd.read_names(row.needs, "needs"),
        context=_text(row.context),
        created_at=row.created_at,
        scheduled_at=row.due_at,
        claimed_at=row.claimed_at,
        started_at=row.started_at,
        completed_at=row.done_at,
        updated_at=row.updated_at,
        cancel_requested_at=row.cancel_requested_at,
        lease_until=row.lease_until,
        remarks=tuple(odd.said),
    )


def to_error(class_name: str | None, message: str | None, traceback: str | None) -> JobError | None:
    """Return an error as it is shown, None where none is kept."""
    if class_name is None:
        return None
    return JobError(Untrusted(class_name), Untrusted(message or ""), Untrusted(traceback or ""))


def _text(value: str | None) -> Untrusted | None:
    return None if value is None else Untrusted(value)
