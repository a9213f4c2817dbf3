"""What is read of a job's row, and how a row becomes a job as people see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, Select, Table, cast, func, null, select
from sqlalchemy.engine import Row

from queuetui.backends.native.sql.column_types import JobId, Moment
from queuetui.backends.native.sql.conditions import Columns
from queuetui.backends.native.sql.tables import job, job_blob, job_done, lease
from queuetui.model.act import JobRef
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Job, JobError
from queuetui.model.payload import SummaryPaths, summarise_json
from queuetui.model.text import Untrusted

# A payload that stands in its row is read whole for its summary; a larger one stands elsewhere and only its head is read.
HEAD_BYTES = 8 * 1024

_LIGHT = (
    *("id", "due_at", "created_at", "updated_at", "cancel_requested_at", "claimed_at", "started_at", "priority", "rev", "attempts"),
    *("max_attempts", "lost", "state", "queue", "type", "name", "worker_id", "correlation_id", "key"),
)  # fmt: skip
_HEAVY = ("tags", "needs", "progress", "error_class", "error_message", "error_traceback", "payload")
_SHARED = (*_LIGHT, *_HEAVY)


def raw_columns(table: Table, *, light: bool = False) -> list[ColumnElement[Any]]:
    """Return the columns of a live or a final row under the same names, so that both can be merged; `light` leaves the long ones out."""
    is_live = table is job
    done_at = _nothing(Moment, "done_at") if is_live else job_done.c.done_at
    if light:
        return [*(table.c[name] for name in _LIGHT), done_at]
    lease_id = job.c.lease_id if is_live else _nothing(JobId, "lease_id")
    result = _nothing(LargeBinary, "result") if is_live else job_done.c.result
    return [*(table.c[name] for name in _SHARED), done_at, lease_id, result]


def _nothing(kind: Any, name: str) -> ColumnElement[Any]:  # noqa: ANN401 - any column type
    return cast(null(), kind).label(name)


def select_jobs(source: FromClause, *, whole: bool = False) -> Select[Any]:
    """Return a select of full rows from a source of raw columns; only heads of long values unless `whole`."""
    columns: Columns = source.c
    plain = [
        columns[name] for name in (*_SHARED, "done_at") if name not in {"payload", "error_message", "error_traceback"}
    ]
    held = select(lease.c.until).where(lease.c.id == columns.lease_id).scalar_subquery()
    outside = select(_head(job_blob.c.payload, whole)).where(job_blob.c.id == columns.id).scalar_subquery()
    outside_size = select(func.length(job_blob.c.payload)).where(job_blob.c.id == columns.id).scalar_subquery()
    return select(
        *plain,
        held.label("lease_until"),
        _head(columns.error_message, whole).label("error_message"),
        _head(columns.error_traceback, whole).label("error_traceback"),
        _head(columns.result, whole).label("result"),
        func.coalesce(_head(columns.payload, whole), outside).label("payload"),
        func.coalesce(func.length(columns.payload), outside_size).label("payload_size"),
    )


def _head(column: ColumnElement[Any], whole: bool) -> ColumnElement[Any]:
    return column if whole else func.substr(column, 1, HEAD_BYTES, type_=column.type)


def read_job(row: Row[Any], backend: str, summaries: SummaryPaths | None) -> Job:
    """Return the job of a row with all that was read of its payload; without its summary where no paths are given."""
    stored = row.payload or b""
    payload = bytes(stored).decode("utf-8", "replace")
    return Job(
        ref=JobRef(backend, row.id, str(row.rev)),
        type=Untrusted(row.type),
        queue=Untrusted(row.queue),
        state=row.state,
        payload=Untrusted(payload),
        payload_whole=(row.payload_size or 0) <= len(stored),
        name=_text(row.name),
        data=None if summaries is None else summarise_json(row.type, payload, summaries),
        priority=row.priority,
        attempts=row.attempts,
        max_attempts=row.max_attempts,
        lost=row.lost,
        error=to_error(row.error_class, row.error_message, row.error_traceback),
        result=None if row.result is None else Untrusted(bytes(row.result).decode("utf-8", "replace")),
        progress=_text(row.progress),
        worker=_text(row.worker_id),
        correlation_id=_text(row.correlation_id),
        idempotency_key=_text(row.key),
        tags=tuple(Untrusted(str(tag)) for tag in row.tags),
        needs=tuple(Untrusted(str(tag)) for tag in row.needs),
        created_at=row.created_at,
        scheduled_at=row.due_at,
        claimed_at=row.claimed_at,
        started_at=row.started_at,
        completed_at=row.done_at,
        updated_at=row.updated_at,
        cancel_requested_at=row.cancel_requested_at,
        lease_until=row.lease_until,
    )


def shorten(job_read: Job) -> Job:
    """Return the job with no more of its payload than a page carries."""
    text = job_read.payload.raw
    if len(text) <= PAYLOAD_HEAD_CHARS:
        return job_read
    return replace(job_read, payload=Untrusted(text[:PAYLOAD_HEAD_CHARS]), payload_whole=False)


def to_error(class_name: str | None, message: str | None, traceback: str | None) -> JobError | None:
    """Return an error as it is shown, None where none is kept."""
    if class_name is None:
        return None
    return JobError(Untrusted(class_name), Untrusted(message or ""), Untrusted(traceback or ""))


def _text(value: str | None) -> Untrusted | None:
    return None if value is None else Untrusted(value)
