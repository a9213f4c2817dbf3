"""Procrastinate: jobs in a table of PostgreSQL, with a log of events that alone tells times."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    DateTime,
    MetaData,
    Select,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import ENUM, JSONB

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.procrastinate.recognition import FUNCTIONS, NEEDED, PREFIX
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import EPOCH_S, WHOLE, ZONED
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.schedule_rows import find_schedules, within
from queuetui.backends.tables.source import PAYLOAD, Field, Key, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Attempt, Job
from queuetui.model.state import FINAL, PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted, sanitize
from queuetui.model.worker import WorkerInfo

# Of versions 3.4 to 3.10.
_COLUMNS = NEEDED | {"abort_requested", "worker_id"}
_STATUSES = ["todo", "doing", "succeeded", "failed", "cancelled", "aborting", "aborted"]
_TYPES = "deferred started deferred_for_retry failed succeeded cancelled abort_requested aborted scheduled retried"
_SOURCE = "job"
_TIME = DateTime(timezone=True)
_RUNS = ("doing", "aborting")
_ENDS = ("succeeded", "failed", "cancelled", "aborted")
_OUTCOMES = {"deferred_for_retry": "retry", "failed": "failed", "succeeded": "completed", "aborted": "cancelled"}
# `stalled_worker_timeout` of its workers, which beat every 10 s.
_SILENT_S = 30.0
_MOST = 1_000
_NO_ERROR = "Procrastinate stores no error: it stands in the worker's log"
_ABSENT = lacking("Procrastinate", "lost", "correlation_id") | {
    **dict.fromkeys(("error", "fingerprint"), _NO_ERROR),
    "max_attempts": "how often a task is tried again is in the application's code (its retry strategy)",
}
_REASONS = usual_reasons(
    "Procrastinate", pauses="Procrastinate cannot pause a queue; stop its workers, or start them for other queues (--queues)",
    schedules="periodic tasks are in the application's code; the database holds only when each was last deferred",
    events="Procrastinate's triggers always write its events",
    workers="a worker of Procrastinate removes those that are stalled as it starts",
    limits="Procrastinate's limits are the concurrency of its workers and the locks of its jobs",
)  # fmt: skip
_NO_FUNCTIONS = (
    "it is only read: its functions are not in the schema {} beside its tables; apply Procrastinate's schema there"
)
_UNTRIED = "it is only read: these are not the tables of Procrastinate 3.4 to 3.10, with which this was tried; use its own shell"
_WARNINGS = {
    Verb.CANCEL: "a job that runs is asked to abort: a task that is no coroutine must look at should_abort() to notice",
    Verb.RELEASE: RUNS_TWICE,
    Verb.DELETE: "Procrastinate keeps no copy of a deleted job, and its events go with it",
}


@dataclass(frozen=True, slots=True)
class ProcrastinateLayout:
    """The tables of one schema.

    `beats`: workers are registered. `aborts`: a column tells which runs are asked to end; before 3.0 a status does, where there is one.
    `by_priority`: among waiting jobs a lock goes to the one of the highest priority, as since 3.3; before, to the first.
    `runs` are the statuses of a job that a worker has.
    """

    schema: str
    beats: bool
    aborts: bool
    by_priority: bool
    runs: tuple[str, ...]


def describe(found: Mapping[str, StoredTable], catalog: Catalog, _: BackendOptions) -> Product:
    """Return the queue of one schema."""
    jobs, events, registers = found[f"{PREFIX}jobs"], found[f"{PREFIX}events"], f"{PREFIX}workers" in found
    labels = [*(jobs.columns["status"].labels or ()), *(events.columns["type"].labels or ())]
    called = {name for schema, name, _ in catalog.functions if schema == jobs.schema}
    is_tried = frozenset(jobs.columns) == _COLUMNS and labels == [*_STATUSES, *_TYPES.split()] and registers
    beats, aborts = registers and "worker_id" in jobs.columns, "abort_requested" in jobs.columns
    defers = found.get(f"{PREFIX}periodic_defers")
    # The versions are told apart by what else came then: this type of event came with 3.4.
    by_priority, runs = "retried" in labels, _RUNS[:1] if aborts or "aborting" not in labels else _RUNS
    layout = ProcrastinateLayout(jobs.schema or "public", beats, aborts, by_priority, runs)
    tables = _Tables(layout)
    why = _UNTRIED if not is_tried else "" if called >= FUNCTIONS else _NO_FUNCTIONS.format(layout.schema)
    names = ("jobs", "events", *(["workers"] if layout.beats else []))
    schedules = find_schedules(
        defers, "postgresql", name=lambda at: within(at.task_name, at.periodic_id), type="task_name",
        last_at=lambda at: Field(at.defer_timestamp, EPOCH_S), last_job_id="job_id",
    )  # fmt: skip
    return Product(
        "procrastinate", "Procrastinate", (tables.source(),), _changes(layout.schema),
        tables=", ".join(f"{layout.schema}.procrastinate_{name}" for name in names), absent=_ABSENT,
        reasons=_REASONS, warnings=_WARNINGS, name=layout.schema,
        sides=Sides(workers=tables.read_workers if layout.beats else None, schedules=schedules),
        worker_command=("procrastinate", "worker", "--queues={queue}"), complete=tables.tell_holders,
    ).only_read(why)  # fmt: skip


class _Tables:
    """The tables of one schema, and what stands where in them."""

    def __init__(self, layout: ProcrastinateLayout) -> None:
        self._layout = layout
        status = ENUM("todo", name="procrastinate_job_status", schema=layout.schema, create_type=False)
        numbers = dict.fromkeys(("id", "worker_id", "priority", "attempts"), BigInteger)
        texts = dict.fromkeys(("queue_name", "task_name", "lock", "queueing_lock"), Text)
        others = {"status": status, "args": JSONB, "scheduled_at": _TIME, "abort_requested": Boolean}
        self._jobs = self._table("jobs", {**numbers, **texts, **others})
        self._events = self._table("events", {"id": BigInteger, "job_id": BigInteger, "type": Text, "at": _TIME})
        self._workers = self._table("workers", {"id": BigInteger, "last_heartbeat": _TIME})

    def _table(self, name: str, columns: Mapping[str, Any]) -> Table:
        at = MetaData(schema=self._layout.schema)
        return Table(f"procrastinate_{name}", at, *(Column(*each) for each in columns.items()))

    def _told(self, what: ColumnElement[Any], *types: str) -> ColumnElement[Any]:
        """Return what the log says of a job's events of some types."""
        log = self._events.c
        rows = select(what).where(log.job_id == self._jobs.c.id, cast(log.type, Text).in_(types))
        return rows.correlate(self._jobs).scalar_subquery()

    def source(self) -> Source:
        """Return the jobs."""
        job, at = self._jobs.c, self._events.c.at
        is_new, has_ended = and_(job.status == "todo", job.attempts == 0), cast(job.status, Text).in_(_ENDS)
        aborting = cast(job.status, Text) == "aborting"
        asked = job.abort_requested if self._layout.aborts else aborting
        worker = [job.worker_id] if self._layout.beats else []
        asked_at = case((asked, func.coalesce(self._told(func.max(at), "abort_requested"), func.now())), else_=None)
        began, made = self._told(func.max(at), "started"), self._told(func.min(at), "deferred")
        return Source(
            name=_SOURCE,
            rows=self._jobs,
            key=(Field(job.id, WHOLE),),
            fields={
                "id": Field(job.id, WHOLE),
                "queue": Field(job.queue_name),
                "type": Field(job.task_name),
                "priority": Field(job.priority, WHOLE),
                "key": Field(job.queueing_lock),
                # The column counts runs that ended, and a retry by hand as one more.
                "attempts": Field(case((is_new, 0), else_=self._told(func.count(), "started")), WHOLE),
                "created": Field(made, ZONED),
                "scheduled": Field(func.coalesce(job.scheduled_at, made, type_=_TIME), ZONED, is_last=True),
                "started": Field(case((is_new, None), else_=began), ZONED),
                "completed": Field(case((has_ended, self._told(func.max(at), *_ENDS)), else_=None), ZONED),
                **({"worker": Field(cast(worker[0], Text))} if worker else {}),
            },
            states=self._states(),
            rev=(cast(job.status, Text), job.attempts, job.scheduled_at, asked, *worker),
            held=Field(self._held(began), ZONED) if self._layout.beats else None,
            key_orders=frozenset({"created"}),
            texts={PAYLOAD: cast(job.args, Text)},
            extra={"lock": job.lock, "asked": asked, "asked_at": asked_at, "twin": self._twin()},
            cancelling=and_(self._is_run(job.status), asked),
            finish=_finish,
            attempts=self.read_attempts,
        )

    def _states(self) -> Mapping[State, Rule]:
        job = self._jobs.c
        todo, tried = job.status == "todo", job.attempts > 0
        due_at = func.coalesce(job.scheduled_at, func.to_timestamp(0), type_=_TIME)
        # The server makes this set once, and only where it meets a job that waits with a lock that no run has: no index leads there.
        held = and_(job.lock.is_not(None), or_(self._has_holder(), job.id.not_in(select(self._first.c.id))))
        return {
            State.PENDING: lambda moment: and_(todo, ~tried, due_at <= moment.now, ~held),
            State.SCHEDULED: lambda moment: and_(todo, ~tried, due_at > moment.now),
            State.RETRYING: lambda moment: and_(todo, tried, or_(due_at > moment.now, ~held)),
            State.BLOCKED: lambda moment: and_(todo, due_at <= moment.now, held),
            State.PROCESSING: lambda _: cast(job.status, Text).in_(("doing", "aborting")),
            State.COMPLETED: lambda _: job.status == "succeeded",
            State.FAILED: lambda _: job.status == "failed",
            State.CANCELLED: lambda _: cast(job.status, Text).in_(("cancelled", "aborted")),
        }

    def _is_run(self, status: ColumnElement[Any]) -> ColumnElement[bool]:
        return or_(*(status == word for word in self._layout.runs))

    def _has_holder(self) -> ColumnElement[bool]:
        """Return what holds where a run has the lock of a job, to which an index leads."""
        job, holder = self._jobs.c, self._jobs.alias("holder").c
        rows = select(holder.id).where(self._is_run(holder.status), holder.lock == job.lock)
        return rows.correlate(self._jobs).exists()

    @cached_property
    def _first(self) -> CTE:
        """The job that has each lock or gets it next."""
        return self._first_of(lambda lock: lock.is_not(None)).cte("first")

    def _first_of(self, among: Callable[[ColumnElement[Any]], ColumnElement[bool]]) -> Select[Any]:
        """Return the job that has each of some locks or gets it next, as its fetch function chooses."""
        job = self._jobs.alias("other").c
        # A partial index serves each of the two.
        named = (job.id, job.lock, job.priority, job.status)
        each = (select(*named).where(job.status == word, among(job.lock)) for word in (*self._layout.runs, "todo"))
        live = union_all(*each).subquery().c
        is_run = cast(live.status, Text) != "todo"
        order = (is_run.desc(), *([live.priority.desc()] if self._layout.by_priority else []), live.id)
        turn = func.row_number().over(partition_by=live.lock.collate("C"), order_by=order).label("turn")
        turns = select(live.id, live.lock, turn).subquery()
        return select(turns.c.id, turns.c.lock).where(turns.c.turn == 1)

    def _held(self, began: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return until when a run is left alone.

        A worker without a beat is stalled; one that is no longer registered has been.
        """
        worker = self._workers.c
        until = select(worker.last_heartbeat + timedelta(seconds=_SILENT_S)).where(worker.id == self._jobs.c.worker_id)
        return func.coalesce(until.correlate(self._jobs).scalar_subquery(), began, type_=_TIME)

    def _twin(self) -> ColumnElement[Any]:
        """Return the waiting job with the queueing lock of one that does not wait; there may be one only."""
        job, other = self._jobs.c, self._jobs.alias("twin").c
        rows = select(func.min(other.id)).where(other.status == "todo", other.queueing_lock == job.queueing_lock)
        return case((job.status != "todo", rows.correlate(self._jobs).scalar_subquery()), else_=None)

    def tell_holders(self, connection: Connection, read: Sequence[tuple[ReadRow, Job]]) -> list[Job]:
        """Add to blocked jobs which one has their lock, or gets it before them."""
        locks, run = {row["lock"] for row, job in read if job.state is State.BLOCKED}, self._jobs.c
        held = select(run.id, run.lock).where(self._is_run(run.status), run.lock.in_(locks))
        found = {lock: job_id for job_id, lock in (connection.execute(held) if locks else ())}
        free = locks - found.keys()
        turns = self._first_of(lambda lock: lock.in_(free))
        found |= {lock: job_id for job_id, lock in (connection.execute(turns) if free else ())}
        holders = {lock: (Untrusted(str(job_id)),) for lock, job_id in found.items()}
        return [
            replace(job, waits_for=holders.get(row["lock"], ())) if job.state is State.BLOCKED else job
            for row, job in read
        ]

    def read_attempts(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        """Return the runs that the log tells of."""
        log, began, found = self._events.c, None, list[Attempt]()
        told = select(cast(log.type, Text), log.at).where(log.job_id == key[0]).order_by(log.id).limit(_MOST)
        for kind, at in connection.execute(told):
            began = ZONED.from_store(at) if kind == "started" else began
            if kind in _OUTCOMES and began is not None:
                found.append(Attempt(len(found) + 1, _OUTCOMES[kind], None, None, began, ZONED.from_store(at)))
                began = None
        return tuple(found)

    def read_workers(self, connection: Connection, _: Moment) -> tuple[WorkerInfo, ...]:
        """Return the workers, those that beat last first; the row of one that died stays until another starts."""
        job, worker = self._jobs.c, self._workers.c
        busy = select(func.count()).where(job.status == "doing", job.worker_id == worker.id)
        chosen = select(worker.id, worker.last_heartbeat, busy.correlate(self._workers).scalar_subquery())
        rows = connection.execute(chosen.order_by(worker.last_heartbeat.desc()).limit(_MOST))
        nothing, found = Untrusted(""), []
        for number, beat, count in rows:
            name, at = Untrusted(str(number)), ZONED.from_store(beat) or beat
            found.append(WorkerInfo(name, nothing, None, nothing, (), None, count, at, at, silent_after_s=_SILENT_S))
        return tuple(found)


def _finish(row: ReadRow, job: Job) -> Job:
    """Add what a person must know of a row."""
    remarks = [*job.remarks]
    if job.state is State.FAILED:
        remarks.append(_NO_ERROR)
    if row["lock"]:
        remarks.append(f"its lock is '{sanitize(row['lock'])}'")
    asked_at = ZONED.from_store(row["asked_at"]) if job.state is State.PROCESSING else None
    return replace(job, remarks=tuple(remarks), cancel_requested_at=asked_at)


def _changes(schema: str) -> tuple[Change, ...]:
    """Return the calls of its own functions.

    These and its triggers name its tables without a schema, so the search path must lead there.
    """
    path = select(func.set_config("search_path", func.quote_ident(schema), True))

    def along(write: Callable[[LockedRow], Statements]) -> Callable[[LockedRow], Statements]:
        def write_there(locked: LockedRow) -> Statements:
            yield path
            return (yield from write(locked))

        return write_there

    def calling(name: str, *values: Any) -> Callable[[LockedRow], Statements]:  # noqa: ANN401 - what its function takes
        def write(locked: LockedRow) -> Statements:
            yield select(getattr(getattr(func, schema), name)(locked.place.key[0], *values))
            return None

        return along(write)

    def has_twin(locked: LockedRow) -> str:
        twin = locked.row["twin"]
        return "" if twin is None else f"job {twin} waits with the same queueing lock, of which there may be one only"

    def hears_not(locked: LockedRow) -> str:
        if locked.is_stuck:
            return "its worker is gone, so nobody would hear the request: release it, then cancel it"
        return "it is asked to abort already; its task has not noticed yet" if locked.row["asked"] else ""

    def after_release(locked: LockedRow) -> str:
        return "it was asked to abort, so that it is failed now" if locked.row["asked"] else RUNS_TWICE

    def anew(locked: LockedRow) -> Statements:
        # Its function leaves the request to abort, with which no job may wait.
        yield from setting(lambda _: {"abort_requested": False})(locked)
        return (yield from retry(locked))

    retry = calling("procrastinate_retry_job_v2", func.now(), None, None, None)
    run_now = along(setting(lambda locked: {"scheduled_at": locked.moment.now}))
    delete, aborting = along(deleting), "it is asked to abort, and goes on until its task notices"
    idle, running = WAITING | {State.BLOCKED}, frozenset({State.PROCESSING})
    ask = calling("procrastinate_cancel_job_v1", True, False)
    return (
        Change(Verb.RETRY, _SOURCE, frozenset({State.FAILED}), anew, refusal=has_twin),
        Change(Verb.RETRY, _SOURCE, PUT_OFF, run_now),
        Change(Verb.CANCEL, _SOURCE, idle, calling("procrastinate_cancel_job_v1", False, False)),
        Change(Verb.CANCEL, _SOURCE, running, ask, note=aborting, refusal=hears_not),
        Change(Verb.RELEASE, _SOURCE, running, retry, only_stuck=True, note=after_release, refusal=has_twin),
        Change(Verb.DELETE, _SOURCE, idle | FINAL, delete),
        Change(Verb.DELETE, _SOURCE, running, delete, only_stuck=True, note="work that still runs was not stopped"),
    )
