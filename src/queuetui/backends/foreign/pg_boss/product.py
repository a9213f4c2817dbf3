"""pg-boss 6 to 12: jobs stand in a table of PostgreSQL that is partitioned by queue.

Its columns tell which layout it has.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    and_,
    cast,
    func,
    literal,
    not_,
    select,
)
from sqlalchemy.dialects.postgresql import ENUM, INTERVAL, JSONB

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.pg_boss.names import EARLIER_STATES, KIND, LABEL, STATES, earlier
from queuetui.backends.payloads.javascript_error import read_stack
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import PLAIN, WHOLE, ZONED, UuidValue
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides
from queuetui.backends.tables.schedule_rows import find_schedules, within
from queuetui.backends.tables.source import PAYLOAD, Condition, Field, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Job, JobError
from queuetui.model.state import FINAL, PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted, sanitize

_SOURCE = "job"
_TEXTS = ("name", "singleton_key", "dead_letter", "policy", "source_name")
_NUMBERS = ("priority", "retry_count", "retry_limit", "expire_seconds", "heartbeat_seconds")
_TIMES = ("start_after", "created_on", "started_on", "completed_on", "heartbeat_on")
_ABSENT = lacking("pg-boss", "lost", "correlation_id") | {"worker": "pg-boss stores no workers"}
_REASONS = usual_reasons(
    "pg-boss", pauses="pg-boss cannot pause a queue; stop its workers with offWork",
    schedules="change them by pg-boss's own schedule and unschedule",
    limits="pg-boss's limits are in the application's code and in the policies of its queues",
)  # fmt: skip
_WARNINGS = {
    Verb.CANCEL: "the worker of a job that runs is not stopped; what it reports later is dropped",
    Verb.DELETE: "pg-boss keeps no copy of a deleted job",
    Verb.RELEASE: "pg-boss stores no workers: make sure that the job's worker is dead, or the job runs twice",
}
_EARLIER = "it is only read: these are the tables of pg-boss 9 or before; use its own functions"
_EXPIRED = "pg-boss expired it: a run took too long, and no retry was left"
_HAS_DEPENDENTS = "other jobs wait for it, which pg-boss must see to: use its own cancel or deleteJob"


def describe(stored: StoredTable, catalog: Catalog, _: BackendOptions) -> Product:
    """Return the queue of a table of jobs, with the schedules beside it."""
    schedules = catalog.beside(stored, "schedule")
    schema = stored.schema or "public"
    is_earlier = earlier("created_on") in stored.columns
    table = _job_table(schema, stored.columns.keys(), is_earlier=is_earlier)
    present = frozenset(table.c.keys())
    return Product(
        kind=KIND,
        label=LABEL,
        sources=(_source(table, present),),
        changes=_changes(),
        tables=f"{schema}.job",
        absent=_ABSENT,
        missing_states={} if "blocked" in present else {State.BLOCKED: "pg-boss has blocked jobs since version 12"},
        reasons=_REASONS,
        warnings=_WARNINGS,
        name=schema,
        sides=Sides(schedules=_read_schedules(schedules)),
    ).only_read(_EARLIER if is_earlier else "")


def _read_schedules(stored: StoredTable | None) -> Any:  # noqa: ANN401 - what reads them
    """Return what reads the schedules, of which one queue has several since version 12."""
    name: Any = "name" if stored is None or "key" not in stored.columns else lambda at: within(at.name, at.key)
    whence = {"type": "name", "queue": "name", "timing": "cron", "tz": "timezone", "payload": "data"}
    return find_schedules(stored, "postgresql", name=name, **whence)


def _job_table(schema: str, stored: Collection[str], *, is_earlier: bool) -> Table:
    labels = EARLIER_STATES if is_earlier else STATES
    types: dict[str, Any] = {
        "id": Uuid,
        "state": ENUM(*labels, name="job_state", schema=schema, create_type=False),
        **dict.fromkeys(("data", "output"), JSONB),
        **dict.fromkeys(("blocked", "blocking"), Boolean),
        "expire_in": INTERVAL,
        "source_id": Uuid,
        **dict.fromkeys(_TEXTS, Text),
        **dict.fromkeys(_NUMBERS, Integer),
        **dict.fromkeys(_TIMES, DateTime(timezone=True)),
    }
    columns = [Column(earlier(name) if is_earlier else name, of, key=name) for name, of in types.items()]
    return Table("job", MetaData(schema=schema), *(column for column in columns if column.name in stored))


def _source(table: Table, present: frozenset[str]) -> Source:
    job = table.c
    names = Table("queue", MetaData(schema=table.schema), Column("name", Text)).c.name
    # The key begins with the queue, so that an index finds an id once the queues are named; up to version 9 it is the id.
    in_queues = [job.name.in_(select(names))] if "dead_letter" in present else []
    began = cast(job.started_on.is_not(None), Integer)
    output = {
        "output": cast(job.output, Text),
        **{f"error_{name}": job.output[name].astext for name in ("name", "message", "stack", "value")},
    }
    more: dict[str, ColumnElement[Any]] = {
        "dead_letter": job.get("dead_letter", literal(None)),
        "word": cast(job.state, Text),
    }
    more["blocking"] = job.blocking if "blocking" in present else literal(False)
    if {"source_name", "source_id"} <= present:
        more |= {"source_name": job.source_name, "source_id": cast(job.source_id, String)}
    return Source(
        name=_SOURCE,
        rows=table,
        key=(Field(job.name), Field(job.id, UuidValue())),
        fields={
            "id": Field(job.id, UuidValue()),
            "queue": Field(job.name),
            "type": Field(job.name),
            "priority": Field(job.priority, WHOLE),
            "key": Field(job.singleton_key, PLAIN),
            # The count is raised when a job is taken again, so that the first run is not in it.
            "attempts": Field(job.retry_count + began, WHOLE),
            "max_attempts": Field(job.retry_limit + 1, WHOLE),
            "created": Field(job.created_on, ZONED),
            "scheduled": Field(job.start_after, ZONED),
            "started": Field(job.started_on, ZONED),
            "completed": Field(job.completed_on, ZONED),
        },
        states=_states(table, present),
        rev=(job.state, job.retry_count, job.retry_limit, job.start_after, job.started_on, job.completed_on),
        held=Field(_held(table, present), ZONED),
        hidden=job.name.like("|_|_pgboss|_|_%", escape="|"),
        texts={PAYLOAD: cast(job.data, Text), **output},
        extra=more,
        finish=_finish,
        by_id=lambda text: and_(*in_queues, job.id == UUID(text)),
    )


def _states(table: Table, present: frozenset[str]) -> Mapping[State, Rule]:
    job = table.c

    def at(state: str, *more: Condition) -> Condition:
        return and_(job.state == state, *more)

    is_blocked = [job.blocked.is_(True)] if "blocked" in present else []
    free = [not_(one) for one in is_blocked]
    failed = ("failed", "expired") if "dead_letter" not in present else ("failed",)
    states: dict[State, Rule] = {
        State.PENDING: lambda moment: at("created", *free, func.coalesce(job.start_after, moment.now) <= moment.now),
        State.SCHEDULED: lambda moment: at("created", *free, job.start_after > moment.now),
        State.RETRYING: lambda _: at("retry", *free),
        State.PROCESSING: lambda _: at("active"),
        State.COMPLETED: lambda _: at("completed"),
        State.CANCELLED: lambda _: at("cancelled"),
        State.FAILED: lambda _: job.state.in_(failed),
    }
    if is_blocked:
        states[State.BLOCKED] = lambda _: and_(job.state < "active", *is_blocked)
    return states


def _held(table: Table, present: frozenset[str]) -> ColumnElement[Any]:
    """Return until when pg-boss leaves a run alone.

    That is its time to expire, or its next beat where it must beat.
    """
    job = table.c
    time = job.started_on.type
    spans = job.expire_in if "expire_in" in present else _seconds(job.expire_seconds)
    expires = job.started_on + spans
    if not {"heartbeat_on", "heartbeat_seconds"} <= present:
        return cast(expires, time)
    return func.least(expires, job.heartbeat_on + _seconds(job.heartbeat_seconds), type_=time)


def _seconds(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.make_interval(0, 0, 0, 0, 0, 0, column, type_=INTERVAL)


def _finish(row: ReadRow, job: Job) -> Job:
    """Add what the output says, and what a person must know of dead letters and of jobs that wait for it."""
    remarks = list(job.remarks)
    if row["word"] == "expired":
        remarks.append(_EXPIRED)
    if row["dead_letter"] and job.state is State.FAILED:
        remarks.append(f"a copy of it is in the dead letter queue '{sanitize(row['dead_letter'])}'")
    if row.get("source_name"):
        remarks.append(
            f"it is the dead letter copy of job {row['source_id']} of the queue '{sanitize(row['source_name'])}'"
        )
    if row["blocking"]:
        remarks.append(_HAS_DEPENDENTS)
    result = Untrusted(row["output"]) if job.state is State.COMPLETED and row["output"] else None
    error = _error(row) if row["output"] and job.state in (State.FAILED, State.RETRYING) else None
    return replace(job, error=error, result=result, remarks=tuple(remarks))


def _error(row: ReadRow) -> JobError:
    stack = row["error_stack"]
    name = row["error_name"] or read_stack(stack).class_name.raw
    message = row["error_message"] or row["error_value"] or ("" if stack else row["output"])
    return JobError(Untrusted(name), Untrusted(message), Untrusted(stack))


def _changes() -> tuple[Change, ...]:
    def no_dependents(locked: LockedRow) -> str:
        return _HAS_DEPENDENTS if locked.row["blocking"] else ""

    def again(state: str, *, one_more: bool) -> Any:  # noqa: ANN401 - what writes a change
        def values(locked: LockedRow) -> Mapping[str, Any]:
            more = {"retry_limit": locked.source.rows.c.retry_limit + 1} if one_more else {}
            return {"state": state, "start_after": locked.moment.now, "completed_on": None, **more}

        return setting(values)

    cancel = setting(lambda locked: {"state": "cancelled", "completed_on": locked.moment.now})
    run_now = setting(lambda locked: {"start_after": locked.moment.now})
    return (
        Change(Verb.RETRY, _SOURCE, frozenset({State.FAILED}), again("retry", one_more=True)),
        Change(Verb.RETRY, _SOURCE, frozenset({State.CANCELLED}), again("created", one_more=False)),
        Change(Verb.RETRY, _SOURCE, PUT_OFF, run_now),
        Change(Verb.CANCEL, _SOURCE, WAITING, cancel, refusal=no_dependents),
        Change(
            Verb.CANCEL,
            _SOURCE,
            frozenset({State.PROCESSING}),
            cancel,
            note="its worker is not stopped; what it reports later is dropped",
            refusal=no_dependents,
        ),
        Change(
            Verb.RELEASE,
            _SOURCE,
            frozenset({State.PROCESSING}),
            again("retry", one_more=True),
            only_stuck=True,
            note=RUNS_TWICE,
        ),
        Change(Verb.DELETE, _SOURCE, WAITING | FINAL, deleting, refusal=no_dependents),
        Change(
            Verb.DELETE,
            _SOURCE,
            frozenset({State.PROCESSING}),
            deleting,
            only_stuck=True,
            note="work that still runs was not stopped",
            refusal=no_dependents,
        ),
    )
