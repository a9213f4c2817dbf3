"""The columns that are read of a job's row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, LargeBinary, Select, Table, cast, func, null, select

from queuetui.backends.native.sql.look.column_types import JobId, MomentType
from queuetui.backends.native.sql.look.conditions import Columns
from queuetui.backends.native.sql.look.job_rows import HEAD_BYTES
from queuetui.backends.native.sql.look.tables import job, job_blob, job_done, lease

_LIGHT = (
    *("id", "due_at", "created_at", "updated_at", "cancel_requested_at", "claimed_at", "started_at", "priority", "rev", "attempts"),
    *("max_attempts", "lost", "state", "queue", "type", "name", "worker_id", "correlation_id", "key"),
)  # fmt: skip
_HEAVY = ("tags", "needs", "context", "progress", "error_class", "error_message", "error_traceback", "payload")
_SHARED = (*_LIGHT, *_HEAVY)


def raw_columns(table: Table, *, light: bool = False) -> list[ColumnElement[Any]]:
    """Return the columns of live and final rows under common names; `light` omits the long ones."""
    is_live = table is job
    done_at = _nothing(MomentType, "done_at") if is_live else job_done.c.done_at
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
