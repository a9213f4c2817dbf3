"""The description of Oban's table of jobs; it is only read where the Oban of Elixir works."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Table, Text, case, false, func, select
from sqlalchemy.dialects.postgresql import JSONB

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.oban.jobs import finish, read_error
from queuetui.backends.foreign.oban.processes import Processes, signal
from queuetui.backends.foreign.oban.recognition import NEEDED
from queuetui.backends.payloads.error_entries import read_error_entries
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable, describe_unreadable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import calling, deleting, setting
from queuetui.backends.tables.codecs import WHOLE, Naive
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides
from queuetui.backends.tables.source import PAYLOAD, Field, Moment, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.state import FINAL, PUT_OFF, WAITING, State

_SQL, _SOURCE, _UTC, _ID = "postgresql", "job", Naive(), re.compile(r"[0-9]{1,18}", re.ASCII)
_LABELS = frozenset(
    ["available", "scheduled", "suspended", "executing", "retryable", "completed", "discarded", "cancelled"]
)
_ENDS = ("completed", "cancelled", "discarded")
# As much of the end of a traceback tells its class.
_END_CHARS, _MOST = 4096, 1_000_000
_ABSENT = {
    "key": "Oban stores no idempotency key in clear",
    "correlation_id": "Oban's jobs carry no correlation id of their own",
    "updated": "Oban does not store when a job was last changed",
}
_CRON = "Oban's cron entries are in its application's code and settings; a job that one made says so"
_REASONS: Mapping[Verb, str] = usual_reasons(
    "Oban", schedules=_CRON, pauses="the table oban_producers, which tells who serves a queue, is not there",
    events="Oban keeps no record of a job but its errors",
    limits="Oban's limits are those of its processes; change them by scale_queue",
    workers="Oban itself takes away the processes that are silent for 60 s",
)  # fmt: skip
_ELIXIR = (
    "Oban of Elixir writes this table, whose changes were not tried; use its own functions, such as Oban.retry_job"
)
_PRO = "it has computed columns or tables as of Oban Pro, whose rules were not tried, so it is only read; use its own functions"
_PRO_TABLES = frozenset(["oban_queues", "oban_crons", "oban_workflows"])
_OTHER = "this layout of oban_jobs is not that of Oban for Python 0.7, so it is only read"
_WARNINGS = {
    Verb.CANCEL: "a job that runs is told by NOTIFY: it goes on until its own code looks at job.cancelled()",
    Verb.DELETE: "Oban keeps no copy of a deleted job",
    Verb.RELEASE: RUNS_TWICE,
    Verb.PAUSE: "processes that start later do not know of it",
}
_PRODUCER = {"uuid", "node", "queue", "meta", "started_at", "updated_at"}
_ASKED = "its worker was told; the job is cancelled once its own code ends the run"
_IS_DEAD = "its worker is dead and hears nothing: release it first, then cancel it"
_WAITS = "it waits already for the next free worker"


def describe(tables: Mapping[str, StoredTable], _: Catalog, __: BackendOptions) -> Product:
    """Return the queue of one schema, of all its tables."""
    stored, rows = tables["oban_jobs"], tables.get("oban_producers")
    rows = rows if rows and rows.columns.keys() >= _PRODUCER else None
    table, is_elixir = as_table(stored, _SQL), "oban_peers" in tables or stored.columns["errors"].stored.endswith("[]")
    added = (column for name, column in stored.columns.items() if name not in NEEDED)
    is_pro = any(column.computed for column in added) or not _PRO_TABLES.isdisjoint(tables)
    known = _PRO if is_pro else describe_unreadable([rows]) if rows and _is_known(stored) else _OTHER
    why = _ELIXIR if is_elixir else known
    processes = Processes(table, as_table(rows, _SQL), not is_elixir) if rows else None
    seen = processes if rows and rows.is_readable else None
    return Product(
        "oban", "Oban", (_source(table, seen, frozenset(stored.columns["state"].labels or _LABELS)),),
        changes=_changes(table),
        tables=f"{stored.schema}.oban_jobs", name=stored.schema or "", absent=_ABSENT, warnings=_WARNINGS,
        reasons=_REASONS,
        sides=Sides() if seen is None else Sides(workers=seen.workers, pauses=seen.pauses),
        queue_changes={} if processes is None else dict.fromkeys((Verb.PAUSE, Verb.RESUME), processes.tell),
        unseen_workers=describe_unreadable([rows]) if rows else "",
        worker_command=() if is_elixir else ("oban", "start", "--queues", "{queue}:10"),
    ).only_read(why)  # fmt: skip


def _is_known(stored: StoredTable) -> bool:
    """Tell the layout of Oban for Python 0.7."""
    types = [stored.columns[name].stored for name in ("errors", "tags", "attempted_by", "scheduled_at")]
    is_alike = types == ["jsonb", "text[]", "text[]", "timestamp without time zone"]
    return is_alike and frozenset(stored.columns["state"].labels or ()) == _LABELS


def _source(table: Table, processes: Processes | None, labels: frozenset[str]) -> Source:
    job = table.c
    snoozed = _count(job.meta, "snoozed")
    ended = case(*((job.state == name, job[f"{name}_at"]) for name in _ENDS), else_=None)
    last = (errors := func.to_jsonb(job.errors, type_=JSONB))[-1]["error"].astext
    meta = case((func.jsonb_typeof(job.meta) == "object", job.meta.op("-", return_type=JSONB)("return")), else_=None)
    return Source(
        name=_SOURCE,
        rows=table,
        key=(Field(job.id, WHOLE),),
        # A job that puts itself off is given its attempt back.
        fields={
            "id": Field(job.id.cast(Text)), "queue": Field(job.queue), "type": Field(job.worker),
            "priority": Field(job.priority, WHOLE), "attempts": Field(job.attempt + snoozed, WHOLE),
            "max_attempts": Field(job.max_attempts + snoozed, WHOLE), "lost": Field(_count(job.meta, "rescued"), WHOLE),
            "worker": Field(job.attempted_by[1]), "created": Field(job.inserted_at, _UTC),
            "scheduled": Field(job.scheduled_at, _UTC), "started": Field(job.attempted_at, _UTC), "completed": Field(ended, _UTC),
        },
        states=_states(table, labels),
        rev=(job.state, job.attempt, job.max_attempts, job.attempted_by, job.attempted_at, job.scheduled_at, ended),
        held=None if processes is None else Field(processes.held(), _UTC),
        key_orders=frozenset({"created"}),
        texts={PAYLOAD: job.args.cast(Text), "error": last, "error_end": func.right(last, _END_CHARS), "return": job.meta["return"].astext},
        extra={"meta": meta, "tags": job.tags, "stored_state": job.state.cast(Text)},
        finish=finish,
        out_of_attempts=job.state.in_(("available", "scheduled", "retryable")) & (job.attempt >= job.max_attempts),
        attempts=lambda connection, key: read_error_entries(
            connection.scalar(select(errors.cast(Text)).where(job.id == key[0])) or "[]",
            lambda entry: read_error(*[str(entry.get("error") or "")] * 2),
        ),
        by_id=lambda text: job.id == int(text) if _ID.fullmatch(text) else false(),
    )  # fmt: skip


def _count(meta: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """Return a count that Oban keeps in a job's meta, where an application may write too."""
    number = func.least(meta[name].astext.cast(Numeric), _MOST).cast(Integer)
    return case((func.jsonb_typeof(meta[name]) == "number", number), else_=0)


def _states(table: Table, labels: frozenset[str]) -> Mapping[State, Rule]:
    job = table.c

    def at(*states: str) -> ColumnElement[bool]:
        return job.state.in_([state for state in states if state in labels])

    def is_due(moment: Moment) -> ColumnElement[bool]:
        return at("available") | (at("scheduled") & (job.scheduled_at <= _UTC.to_store(moment.now)))

    return {
        State.PENDING: lambda moment: is_due(moment) & (job.attempt == 0),
        State.SCHEDULED: lambda moment: at("scheduled") & ~is_due(moment),
        State.RETRYING: lambda moment: at("retryable") | (is_due(moment) & (job.attempt != 0)),
        State.BLOCKED: lambda _: at("suspended"),
        State.PROCESSING: lambda _: at("executing"),
        State.COMPLETED: lambda _: at("completed"),
        State.FAILED: lambda _: at("discarded"),
        State.CANCELLED: lambda _: at("cancelled"),
    }


def _changes(table: Table) -> tuple[Change, ...]:
    job = table.c
    # Whose attempts are used up is never taken, and holds up what stands behind it.
    freed = {"state": "available", "max_attempts": func.greatest(job.max_attempts, job.attempt + 1)}
    waiting = WAITING | {State.BLOCKED}
    running = frozenset({State.PROCESSING})

    def again(locked: LockedRow) -> Mapping[str, Any]:
        return freed | {f"{name}_at": None for name in _ENDS} | {"scheduled_at": _UTC.to_store(locked.moment.now)}

    def cancelled(locked: LockedRow) -> Mapping[str, Any]:
        return {"state": "cancelled", "cancelled_at": _UTC.to_store(locked.moment.now)}

    def kill(locked: LockedRow) -> ColumnElement[Any]:
        return signal(table, action="pkill", job_id=locked.place.key[0])

    def is_dead(locked: LockedRow) -> str:
        return _IS_DEAD if locked.is_stuck else ""

    def waits(locked: LockedRow) -> str:
        return _WAITS if locked.row["stored_state"] == "available" and not locked.job.is_used_up else ""

    free = setting(lambda _: freed, only_stuck=True)
    return (
        Change(Verb.RETRY, _SOURCE, FINAL | PUT_OFF, setting(again), refusal=waits),
        Change(Verb.CANCEL, _SOURCE, waiting, setting(cancelled)),
        Change(Verb.CANCEL, _SOURCE, running, calling(kill), note=_ASKED, refusal=is_dead),
        Change(Verb.RELEASE, _SOURCE, running, free, only_stuck=True, note=_WARNINGS[Verb.RELEASE]),
        Change(Verb.DELETE, _SOURCE, waiting | FINAL, deleting),
    )
