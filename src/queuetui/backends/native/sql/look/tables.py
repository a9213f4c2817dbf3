"""The tables as SQLAlchemy reads them; a test compares them with `migrations/`.

Left out here: on SQLite most tables have a rowid `seq` before the id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import REAL, Column, Double, Index, Integer, LargeBinary, MetaData, Table, Text, text

from queuetui.backends.native.sql.look.column_types import (
    JobId,
    JsonValue,
    LongInteger,
    MomentType,
    SmallNumber,
    StateCode,
    Truth,
)
from queuetui.backends.native.sql.worker.tally import TOOK_COLUMNS

metadata = MetaData()


def _needed(name: str, kind: Any, *, key: bool = False) -> Column[Any]:  # noqa: ANN401 - any column type
    return Column(name, kind, nullable=False, primary_key=key)


def _job_columns() -> list[Column[Any]]:
    return [
        _needed("id", JobId, key=True),
        _needed("due_at", MomentType),
        _needed("created_at", MomentType),
        _needed("updated_at", MomentType),
        Column("cancel_requested_at", MomentType),
        Column("claimed_at", MomentType),
        Column("started_at", MomentType),
        _needed("priority", LongInteger),
        _needed("fence", LongInteger),
        _needed("rev", LongInteger),
        Column("timeout_ms", LongInteger),
        _needed("attempts", Integer),
        _needed("max_attempts", Integer),
        _needed("lost", Integer),
        _needed("lost_alone", Integer),
        _needed("state", StateCode),
        _needed("blob", Truth),
        _needed("queue", Text),
        _needed("type", Text),
        Column("name", Text),
        Column("worker_id", Text),
        Column("correlation_id", Text),
        Column("key", Text),
        _needed("tags", JsonValue),
        _needed("needs", JsonValue),
        Column("context", Text),
        Column("progress", Text),
        Column("error_class", Text),
        Column("error_message", Text),
        Column("error_traceback", Text),
        Column("error_fingerprint", Text),
        Column("payload", LargeBinary),
    ]


job = Table("queuetui_job", metadata, *_job_columns(), Column("lease_id", JobId), _needed("claimed_alone", Truth))

job_done = Table(
    "queuetui_job_done",
    metadata,
    *_job_columns(),
    _needed("done_at", MomentType),
    _needed("expires_at", MomentType),
    Column("result", LargeBinary),
)

job_blob = Table("queuetui_job_blob", metadata, _needed("id", JobId, key=True), _needed("payload", LargeBinary))

job_key = Table(
    "queuetui_job_key",
    metadata,
    _needed("key", Text, key=True),
    _needed("job_id", JobId),
    Column("expires_at", MomentType),
)

attempt = Table(
    "queuetui_attempt",
    metadata,
    _needed("job_id", JobId, key=True),
    _needed("fence", LongInteger, key=True),
    _needed("outcome", Text),
    Column("error_class", Text),
    Column("error_message", Text),
    Column("error_traceback", Text),
    Column("worker_id", Text),
    Column("started_at", MomentType),
    _needed("ended_at", MomentType),
)

# On SQLite a lease has two more columns (boot, boot_until), which only workers read.
lease = Table(
    "queuetui_lease",
    metadata,
    _needed("id", JobId, key=True),
    _needed("worker_id", Text),
    _needed("queue", Text),
    _needed("until", MomentType),
)

worker = Table(
    "queuetui_worker",
    metadata,
    _needed("id", Text, key=True),
    _needed("host", Text),
    _needed("pid", LongInteger),
    Column("boot", Text),
    _needed("version", Text),
    _needed("queues", JsonValue),
    _needed("types", JsonValue),
    _needed("tags", JsonValue),
    _needed("slots", Integer),
    _needed("started_at", MomentType),
    _needed("beat_at", MomentType),
    Column("rss", LongInteger),
    _needed("stopping", Truth),
    Column("socket", Text),
)

queue = Table(
    "queuetui_queue",
    metadata,
    _needed("name", Text, key=True),
    Column("paused_at", MomentType),
    Column("paused_by", Text),
    _needed("ruled", Truth),
    _needed("needy", Truth),
    Column("rules", Text),
    Column("begun", Text),
    _needed("events", Truth),
)

tally = Table(
    "queuetui_tally",
    metadata,
    _needed("minute", MomentType, key=True),
    _needed("worker_id", Text, key=True),
    _needed("queue", Text, key=True),
    _needed("type", Text, key=True),
    *[
        _needed(name, LongInteger)
        for name in ("enqueued", "started", "completed", "failed", "retried", "lost", "busy_us")
    ],
    *[_needed(name, Integer) for name in TOOK_COLUMNS],
)

run_note = Table(
    "queuetui_run_note",
    metadata,
    _needed("job_id", JobId, key=True),
    _needed("fence", LongInteger, key=True),
    _needed("noted_at", MomentType),
    Column("counted", Text),
    Column("cpu_us", LongInteger),
    Column("peak_bytes", LongInteger),
    Column("log", Text),
    _needed("log_cut", Integer),
    Column("result_until", MomentType),
)

usage = Table(
    "queuetui_usage",
    metadata,
    _needed("minute", MomentType, key=True),
    *[_needed(name, Text, key=True) for name in ("queue", "type", "name")],
    _needed("amount", Double().with_variant(REAL(), "sqlite")),
)

event = Table(
    "queuetui_event",
    metadata,
    _needed("seq", LongInteger, key=True),
    _needed("at", MomentType, key=True),
    Column("moment", MomentType),
    Column("job_id", JobId),
    Column("fence", LongInteger),
    Column("attempt", Integer),
    _needed("kind", SmallNumber),
    *[Column(name, Text) for name in ("queue", "worker_id", "correlation_id", "actor", "detail")],
)

act = Table(
    "queuetui_act",
    metadata,
    _needed("id", Text, key=True),
    _needed("verb", Text),
    _needed("actor", Text),
    _needed("at", MomentType),
    _needed("reason", Text),
    _needed("filter", Text),
    Column("digest", Text),
    Column("counts", JsonValue),
)

act_row = Table(
    "queuetui_act_row",
    metadata,
    _needed("act_id", Text, key=True),
    _needed("job_id", Text, key=True),
    _needed("outcome", Text),
    Column("state_now", StateCode),
    _needed("note", Text),
    Column("before", Text),
    Column("rev_after", LongInteger),
)

schedule = Table(
    "queuetui_schedule",
    metadata,
    _needed("name", Text, key=True),
    _needed("rev", LongInteger),
    _needed("next_at", MomentType),
    Column("last_slot_at", MomentType),
    Column("paused_at", MomentType),
    _needed("declared", Truth),
    Column("paused_by", Text),
    Column("last_job_id", JobId),
    _needed("spec", Text),
)

slot = Table(
    "queuetui_slot",
    metadata,
    _needed("schedule", Text, key=True),
    _needed("slot_at", MomentType, key=True),
    Column("job_id", JobId),
    _needed("made_at", MomentType),
)

meta = Table("queuetui_meta", metadata, _needed("name", Text, key=True), _needed("value", Text))


# The jobs whose correlation id is another job's, in the form in which each dialect's partial index says that.
CORRELATED = {
    "sqlite": "replace(correlation_id, '-', '') <> lower(hex(id))",
    "postgresql": "correlation_id <> id::text",
}


def _index(name: str, table: Table, *columns: str, only: str | Mapping[str, str] | None = None) -> None:
    """Declare an index; the migrations define the direction of each column."""
    on_sqlite, on_postgresql = (only["sqlite"], only["postgresql"]) if isinstance(only, Mapping) else (only, only)
    Index(
        name,
        *(table.c[column] for column in columns),
        sqlite_where=None if on_sqlite is None else text(on_sqlite),
        postgresql_where=None if on_postgresql is None else text(on_postgresql),
    )


_index("queuetui_job_ready", job, "queue", "priority", "due_at", "id", only="state = 1")
_index("queuetui_job_due", job, "due_at", "id", only="state in (0, 3)")
_index("queuetui_job_wait", job, "queue", "state", "due_at", only="state in (0, 3)")
_index("queuetui_job_held", job, "queue", "lease_id", only="state = 2")
_index("queuetui_job_corr", job, "correlation_id", only=CORRELATED)
_index("queuetui_job_done_page", job_done, "state", "queue", "done_at", "id")
_index("queuetui_job_done_recent", job_done, "state", "done_at", "id", only="state in (6, 7)")
_index("queuetui_job_done_failed", job_done, "error_fingerprint", "done_at", only="state = 6")
_index("queuetui_job_done_prune", job_done, "expires_at")
_index("queuetui_job_done_corr", job_done, "correlation_id", only=CORRELATED)
_index("queuetui_job_key_prune", job_key, "expires_at", only="expires_at is not null")
_index("queuetui_event_job", event, "job_id", "seq", only="job_id is not null")
_index("queuetui_event_corr", event, "correlation_id", "seq", only="kind = 0 and correlation_id is not null")
_index("queuetui_run_note_result", run_note, "result_until", only="result_until is not null")
_index("queuetui_act_at", act, "at")
_index("queuetui_act_row_job", act_row, "job_id")
_index("queuetui_schedule_due", schedule, "next_at", only="paused_at is null")
_index("queuetui_slot_prune", slot, "made_at")
