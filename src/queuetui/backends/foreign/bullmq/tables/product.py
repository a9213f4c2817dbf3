"""BullMQ 6 on PostgreSQL: jobs stand in one table of a schema.

Changes call the functions of that schema, as its own client does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    Connection,
    Text,
    and_,
    case,
    cast,
    column,
    false,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import table as named_table

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.bullmq.words import ABSENT, LOWER_FIRST, REASONS, STALLED, STALLS, WAITS, WARNINGS
from queuetui.backends.payloads.javascript_error import read_failures, read_last
from queuetui.backends.payloads.stored_values import list_of
from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.codecs import EPOCH_MS, WHOLE
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.schedule_rows import find_schedules, within
from queuetui.backends.tables.source import PAYLOAD, Condition, Field, Key, Moment, ReadRow, Rule, Source
from queuetui.model.act import Act, Verb
from queuetui.model.errors import Stale
from queuetui.model.job import Attempt, Job
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_SOURCE, _MOST = "job", 1_000
# What is called of the schema's functions, with what each takes: in another version a verb may mean something else.
_FUNCTIONS = {
    "reprocess_job": "p_queue text, p_id text, p_state text, p_lifo boolean, p_reset_made boolean, p_reset_started boolean",
    "promote": "p_queue text, p_id text",
    "remove": "p_queue text, p_id text, p_remove_children boolean",
    "pause": "p_queue text, p_paused boolean",
    "publish_event": "p_queue text, p_event text, p_data jsonb",
}
_RUNNING = frozenset({State.PROCESSING})
_UNTRIED = "it is only read: its schema lacks functions of BullMQ 6.7 (schema 11), with which this was tried; act on it by BullMQ"
_SCHEDULED = "it is of a job scheduler, whose jobs BullMQ itself does not remove: see removeJobScheduler"
_TWICE = "if its worker still lives, what it reports is dropped, and the job runs twice"
_PARENT = "its children have not ended: delete them first"


def describe(tables: Mapping[str, StoredTable], catalog: Catalog, _: BackendOptions) -> Product:
    """Return the queues of one schema."""
    bullmq = _Tables(tables, catalog)
    schema = bullmq.schema
    calls = {(schema, name, takes) for name, takes in _FUNCTIONS.items()} <= catalog.functions
    every = literal("every ") + cast(column("every_ms"), Text) + literal(" ms")
    schedules = find_schedules(
        tables["scheduler"], catalog.dialect, name=lambda at: within(at.queue, at.scheduler_id), type="name", queue="queue",
        timing=lambda at: Field(func.coalesce(at.pattern, every)), tz="tz", payload="template_data",
        next_at=lambda at: Field(at.next_run_ms, EPOCH_MS),
    )  # fmt: skip
    return Product(
        kind="bullmq-pg", label="BullMQ on PostgreSQL", sources=(bullmq.source(),), changes=bullmq.changes(),
        tables=f"{schema}.job", absent=ABSENT, warnings=WARNINGS, name=schema, is_visible=True,
        reasons=REASONS,
        missing_states={State.CANCELLED: "BullMQ keeps no cancelled jobs"},
        sides=Sides(bullmq.workers, pauses=bullmq.pauses, schedules=schedules), complete=bullmq.tell_children,
        queue_changes=dict.fromkeys((Verb.PAUSE, Verb.RESUME), bullmq.switch),
    ).only_read("" if calls else _UNTRIED)  # fmt: skip


class _Tables:
    """The tables of one schema."""

    def __init__(self, tables: Mapping[str, StoredTable], catalog: Catalog) -> None:
        self.job, self._needs, self._meta = (
            as_table(tables[name], catalog.dialect) for name in ("job", "job_dependency", "meta")
        )
        self.schema = self.job.schema or "public"
        self.calls: Any = getattr(func, self.schema)

    def source(self) -> Source:
        """Return the jobs; a job is known by its queue and its id, as two queues may both have a job 1."""
        job = self.job.c
        has_ended, running = job.state.in_(("completed", "failed")), case((job.state == "active", 1), else_=0)
        # Runs that stalled or put themselves off.
        uncounted = func.greatest(job.attempts_started - job.attempts_made - running, 0)
        return Source(
            name=_SOURCE,
            rows=self.job,
            key=(Field(job.queue), Field(job.id)),
            fields={
                "id": Field(job.queue + literal("/") + job.id), "queue": Field(job.queue), "type": Field(job.name),
                "priority": Field(job.priority, WHOLE), "key": Field(job.dedup_id), "lost": Field(job.stalled_count, WHOLE),
                "attempts": Field(func.greatest(job.attempts_started, job.attempts_made), WHOLE),
                "max_attempts": Field(func.greatest(job.max_attempts, 1) + uncounted, WHOLE),
                "worker": Field(case((job.state == "active", job.processed_by), else_=None)),
                "created": Field(job.added_at_ms, EPOCH_MS),
                "scheduled": Field(func.coalesce(job.process_at_ms, job.added_at_ms), EPOCH_MS),
                "started": Field(job.processed_at_ms, EPOCH_MS),
                "completed": Field(case((has_ended, job.finished_at_ms), else_=None), EPOCH_MS),
            },
            states=self._states(),
            rev=(cast(job.state, Text), job.seq, job.priority, job.attempts_made, job.attempts_started, job.stalled_count,
                 job.process_at_ms, job.lock_token, job.finished_at_ms, job.pending_deps),
            held=Field(func.coalesce(job.locked_until_ms, job.processed_at_ms, job.added_at_ms), EPOCH_MS),
            texts={
                PAYLOAD: cast(job.data, Text), "stack": job.stacktrace[-1].astext, "reason": job.failed_reason,
                "returned": cast(job.return_value, Text), "progress": cast(job.progress, Text),
            },
            extra={
                "stored": cast(job.state, Text), "lifo": job.opts["lifo"].astext, "scheduler": job.scheduler_id,
                "parent": job.parent_queue + literal("/") + job.parent_id, "children": job.pending_deps,
            },
            finish=_finish,
            by_id=self._by_id,
            attempts=self._attempts,
        )  # fmt: skip

    def _states(self) -> Mapping[State, Rule]:
        job = self.job.c
        delayed, waits, is_new = job.state == "delayed", job.state == "waiting", job.attempts_made == 0

        def is_ahead(moment: Moment) -> Condition:
            return func.coalesce(job.process_at_ms > EPOCH_MS.to_store(moment.now), false())

        return {
            State.PENDING: lambda moment: and_(is_new, or_(waits, and_(delayed, ~is_ahead(moment)))),
            State.SCHEDULED: lambda moment: and_(is_new, delayed, is_ahead(moment)),
            State.RETRYING: lambda _: and_(~is_new, or_(waits, delayed)),
            State.BLOCKED: lambda _: job.state == "waiting-children",
            State.PROCESSING: lambda _: job.state == "active",
            State.COMPLETED: lambda _: job.state == "completed",
            State.FAILED: lambda _: job.state == "failed",
        }

    def _by_id(self, text: str) -> Condition:
        """Return the condition for an id that is shown, by the key: either part may hold a stroke."""
        parts = text.split("/")
        keys = [("/".join(parts[:at]), "/".join(parts[at:])) for at in range(1, len(parts))]
        return tuple_(self.job.c.queue, self.job.c.id).in_(keys) if keys else false()

    def _attempts(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        at_key = and_(self.job.c.queue == key[0], self.job.c.id == key[1])
        return read_failures(list_of(connection.scalar(select(cast(self.job.c.stacktrace, Text)).where(at_key))))

    def tell_children(self, connection: Connection, read: Sequence[tuple[ReadRow, Job]]) -> list[Job]:
        """Add to parents the jobs that they wait for."""
        need, jobs = self._needs.c, [job for _, job in read]
        parents = {(job.queue.raw, job.ref.id[len(job.queue.raw) + 1 :]) for job in jobs if job.state is State.BLOCKED}
        if not parents:
            return jobs
        near = tuple_(need.parent_queue, need.parent_id).in_(sorted(parents)) & (cast(need.status, Text) == "pending")
        names = (need.parent_queue + literal("/") + need.parent_id, need.child_queue + literal("/") + need.child_id)
        children: dict[str, list[Untrusted]] = {}
        for parent, child in connection.execute(select(*names).where(near).order_by(*names).limit(_MOST)):
            children.setdefault(parent, []).append(Untrusted(child))
        return [replace(job, waits_for=tuple(children.get(job.ref.id, ()))) for job in jobs]

    def pauses(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the paused queues; since when is not kept."""
        meta = self._meta.c
        chosen = select(meta.queue).where(meta.field == "paused", meta.value == "1").order_by(meta.queue).limit(_MOST)
        return tuple(replace(uncounted_queue(name), held=True) for (name,) in connection.execute(chosen))

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Pause or resume a queue by BullMQ's own function."""
        wanted = act.verb is Verb.PAUSE
        if any(one.name.raw == queue for one in self.pauses(connection, moment)) == wanted:
            return PAUSED_ALREADY[act.verb], ""
        if not connection.scalar(select(self._meta.c.queue).where(self._meta.c.queue == queue).limit(1)):
            return "there is no such queue", ""
        connection.execute(select(self.calls.pause(queue, wanted)))
        return "", ""

    def changes(self) -> tuple[Change, ...]:
        """Return the verbs."""
        promote, remove = self._calling("promote", 0), self._calling("remove", 1, False)
        return (
            Change(Verb.RETRY, _SOURCE, frozenset({State.FAILED}), self._reprocess),
            Change(Verb.RETRY, _SOURCE, PUT_OFF, promote, refusal=_why_waits),
            Change(Verb.RELEASE, _SOURCE, _RUNNING, self._release, only_stuck=True, note=_TWICE, refusal=_why_stalls),
            Change(Verb.CANCEL, _SOURCE, WAITING, remove, refusal=_why_kept),
            Change(Verb.DELETE, _SOURCE, WAITING | {State.FAILED, State.COMPLETED}, remove, refusal=_why_kept),
            Change(Verb.DELETE, _SOURCE, _RUNNING, remove, only_stuck=True, refusal=_why_kept),
        )

    def _calling(self, name: str, done: int, *values: object) -> Callable[[LockedRow], Statements]:
        """Return what calls a function of the schema; unless it answers `done`, it left the job as it is."""

        def write(locked: LockedRow) -> Statements:
            (answer,) = yield select(getattr(self.calls, name)(*locked.place.key, *values))
            if answer != done:
                raise Stale("BullMQ's own function left it as it is; look again")
            return None

        return write

    def _reprocess(self, locked: LockedRow) -> Statements:
        """Let a failed job wait again, at the end that its own options name, with all its attempts."""
        is_lifo = locked.row["lifo"] == "true"
        return (yield from self._calling("reprocess_job", 1, "failed", is_lifo, True, True)(locked))

    def _release(self, locked: LockedRow) -> Statements:
        """Do to one run what BullMQ's check for stalled jobs does to all that it has marked."""
        queue, job_id = locked.place.key
        free = {"state": "waiting", "lock_token": None, "locked_until_ms": None, "stalled_marked": False}
        number = {"stalled_count": 1, "seq": func.nextval(f"{self.schema}.job_seq")}
        yield update(self.job).where(locked.unchanged).values(**free, **number)
        yield select(self.calls.publish_event(queue, "stalled", func.jsonb_build_object("jobId", job_id)))
        yield select(func.pg_notify("bullmq_jobs", queue))
        return None

    def workers(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the workers, which name the connection by which they listen after the queue and themselves."""
        names = ("pid", "application_name", "client_addr", "backend_start", "datname")
        seen = named_table("pg_stat_activity", *map(column, names), schema="pg_catalog").c
        queues = select(self._meta.c.queue).distinct()
        head = func.split_part(seen.application_name, ":w:", 1)
        chosen = select(seen.pid, head, seen.application_name, cast(seen.client_addr, Text), seen.backend_start)
        rows = connection.execute(
            chosen.where(seen.datname == func.current_database(), head.in_(queues)).order_by(seen.pid).limit(_MOST)
        )
        taken: dict[str, WorkerInfo] = {}
        for pid, queue, told, host, since in rows:
            name = str(told).partition(":w:")[2]
            called = name if name and name not in taken else f"{name} {pid}".strip()
            taken[called] = WorkerInfo(
                Untrusted(called), Untrusted(str(host or "")), None, Untrusted(""), (Untrusted(queue),), slots=None, busy=None,
                started_at=since or moment.now, beat_at=moment.now, registration_ends=True,
            )  # fmt: skip
        return tuple(taken.values())


def _finish(row: ReadRow, job: Job) -> Job:
    """Add the error, the result, and what a person must know of a row."""
    has_failed = job.state in (State.FAILED, State.RETRYING)
    remarks = (
        LOWER_FIRST if job.priority else "",
        f"of the job scheduler {json.dumps(row['scheduler'])}: BullMQ makes its next run anew after each"
        if row["scheduler"]
        else "",
        f"a child of {json.dumps(row['parent'])}" if row["parent"] else "",
        STALLED if job.state is State.PROCESSING and job.lost else "",
    )
    return replace(
        job,
        error=read_last(row["reason"] or "", [row["stack"]] if row["stack"] else []) if has_failed else None,
        result=Untrusted(row["returned"]) if job.state is State.COMPLETED and row["returned"] else None,
        progress=Untrusted(row["progress"]) if row["progress"] else None,
        remarks=(*job.remarks, *filter(None, remarks)),
    )


def _why_waits(locked: LockedRow) -> str:
    return "" if locked.row["stored"] == "delayed" else WAITS


def _why_stalls(locked: LockedRow) -> str:
    return STALLS if locked.job.lost else ""


def _why_kept(locked: LockedRow) -> str:
    return _SCHEDULED if locked.row["scheduler"] else _PARENT if locked.row["children"] else ""
