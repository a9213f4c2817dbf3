"""graphile-worker: a table of PostgreSQL that holds only what is still to be done or was given up."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Executable,
    FromClause,
    Integer,
    MetaData,
    Table,
    Text,
    and_,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.graphile_worker.recognition import FUNCTIONS, NUMBERED
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.sql.budget import fetch_within
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import WHOLE, ZONED
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.schedule_rows import find_schedules
from queuetui.backends.tables.source import DEFAULT_QUEUE, PAYLOAD, Field, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Job, JobError
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted, sanitize

_SOURCE = "job"
_TIME = DateTime(timezone=True)
# After so long other workers take a run, and its queue, for lost.
_HELD = timedelta(hours=4)
_LOOK_S = 0.05
_CANCELLED = "cancelled with queuetui"
_NO_TIME = "graphile-worker does not write down when a job failed"
_ABSENT = lacking("graphile-worker", "lost", "correlation_id") | dict.fromkeys(("completed", "updated"), _NO_TIME)
_REASONS = usual_reasons(
    "graphile-worker", workers="graphile-worker registers no workers",
    schedules="recurring jobs are in the application's crontab; the database holds only when each last ran",
    limits="graphile-worker's limits are the concurrency of its workers; a named queue runs one job at a time",
)  # fmt: skip
_UNTRIED = "it is only read: these are not the tables of graphile-worker 0.16 to 0.18, with which this was tried; use its own functions"
_WARNINGS = {
    Verb.CANCEL: "graphile-worker has no cancelled jobs: it is failed for good, and a retry lets it run after all",
    Verb.DELETE: "graphile-worker keeps no copy of a deleted job",
    Verb.RELEASE: RUNS_TWICE,
}
_HIDDEN = "row security hides rows of graphile-worker's tables; connect as their owner, or by a role with BYPASSRLS"
_DONE_IS_GONE = "graphile-worker deletes a job that is done"


@dataclass(frozen=True, slots=True)
class GraphileShape:
    """The tables of one schema: how their names begin, and whether queues and types are numbered.

    `hides_rows`: row security without a policy hides all rows, and says nothing.
    """

    schema: str
    prefix: str
    numbered: bool
    hides_rows: bool


def describe(found: tuple[str, StoredTable], catalog: Catalog, _: BackendOptions) -> Product:
    """Return the queue of one schema."""
    (prefix, stored), numbered = found, "task_id" in found[1].columns
    schema = stored.schema or "public"
    there = {name for place, name, _ in catalog.functions if place == schema}
    is_tried = bool(prefix) and frozenset(stored.columns) == NUMBERED and there >= FUNCTIONS
    shape = GraphileShape(schema, prefix, numbered, stored.hides_rows)
    crontabs, tables = catalog.beside(stored, f"{prefix}known_crontabs"), _Tables(shape)
    names = ("jobs", "job_queues", *(["tasks"] if shape.numbered else []))
    return Product(
        kind="graphile-worker",
        label="graphile-worker",
        sources=(tables.source(),),
        changes=tuple(_changes(schema, tables.queues)),
        tables=", ".join(f"{schema}.{shape.prefix}{name}" for name in names),
        absent=_ABSENT,
        missing_states={
            State.COMPLETED: _DONE_IS_GONE,
            State.CANCELLED: "graphile-worker shows a job that was failed by hand as failed",
        },
        reasons=_REASONS,
        warnings=_WARNINGS,
        unseen=_HIDDEN if shape.hides_rows else "",
        name=schema,
        worker_command=("npx", "graphile-worker", *([] if schema == "graphile_worker" else ["--schema", schema])),
        complete=tables.tell_holders,
        sides=Sides(schedules=find_schedules(
            crontabs, "postgresql", name="identifier", type="identifier", last_at="last_execution"
        )),
    ).only_read("" if is_tried else _UNTRIED)  # fmt: skip


class _Tables:
    """The tables of one schema, and what stands where in them."""

    def __init__(self, shape: GraphileShape) -> None:
        numbers = dict.fromkeys(("id", "job_queue_id", "task_id", "priority", "attempts", "max_attempts"), BigInteger)
        texts = dict.fromkeys(("last_error", "key", "locked_by", "queue_name", "task_identifier"), Text)
        times = dict.fromkeys(("run_at", "created_at", "locked_at", "updated_at"), _TIME)
        metadata = MetaData(schema=shape.schema)

        def table(name: str, columns: Mapping[str, Any]) -> Table:
            return Table(f"{shape.prefix}{name}", metadata, *(Column(*each) for each in columns.items()))

        self._jobs = table("jobs", {**numbers, **texts, **times, "payload": JSON, "flags": JSON})
        self.queues = table("job_queues", {"id": Integer, "queue_name": Text, "locked_at": _TIME, "locked_by": Text})
        job, queue = self._jobs.c, self.queues.c
        self._type, self._queue_key = job.task_identifier, queue.queue_name
        joined: FromClause = self._jobs
        if shape.numbered:
            tasks = table("tasks", {"id": Integer, "identifier": Text})
            self._type, self._queue_key = tasks.c.identifier, queue.id
            joined = self._jobs.outerjoin(tasks, tasks.c.id == job.task_id)
        self._queue_of = job.job_queue_id if shape.numbered else job.queue_name
        self._rows = joined.outerjoin(self.queues, self._queue_key == self._queue_of)

    def source(self) -> Source:
        """Return the jobs."""
        job, queue = self._jobs.c, self.queues.c
        return Source(
            name=_SOURCE,
            rows=self._rows,
            key=(Field(job.id, WHOLE),),
            fields={
                "id": Field(job.id, WHOLE),
                "queue": Field(func.coalesce(queue.queue_name, DEFAULT_QUEUE, type_=Text)),
                "type": Field(self._type),
                "priority": Field(job.priority, WHOLE),
                "key": Field(job.key),
                "worker": Field(job.locked_by),
                "attempts": Field(job.attempts, WHOLE),
                "max_attempts": Field(job.max_attempts, WHOLE),
                "created": Field(job.created_at, ZONED),
                "scheduled": Field(job.run_at, ZONED),
                "started": Field(job.locked_at, ZONED),
            },
            states=self._states(),
            rev=(job.attempts, job.max_attempts, job.run_at, job.locked_at, job.locked_by, job.updated_at),
            held=Field(job.locked_at + _HELD, ZONED),
            key_orders=frozenset({"created"}),
            texts={PAYLOAD: cast(job.payload, Text), "error": job.last_error},
            extra={"flags": cast(job.flags, Text), "of": self._queue_of, "holder": queue.locked_by},
            finish=_finish,
            locked_table=self._jobs,
        )

    def _states(self) -> Mapping[State, Rule]:
        job = self._jobs.c
        free, left = job.locked_at.is_(None), job.attempts < job.max_attempts
        open_, new = self.queues.c.locked_at.is_(None), job.attempts <= 0
        return {
            State.PENDING: lambda moment: and_(free, left, new, job.run_at <= moment.now, open_),
            State.SCHEDULED: lambda moment: and_(free, left, new, job.run_at > moment.now),
            State.RETRYING: lambda moment: and_(free, left, ~new, or_(job.run_at > moment.now, open_)),
            State.BLOCKED: lambda moment: and_(free, left, job.run_at <= moment.now, ~open_),
            State.PROCESSING: lambda _: ~free,
            State.FAILED: lambda _: and_(free, ~left),
        }

    def tell_holders(self, connection: Connection, read: Sequence[tuple[ReadRow, Job]]) -> list[Job]:
        """Add to blocked jobs the one that runs in their queue.

        No index leads to it, so the search has a budget.
        """
        of = {row["of"] for row, job in read if job.state is State.BLOCKED}
        job = self._jobs.c
        running = select(self._queue_of, job.id).where(job.locked_at.is_not(None), self._queue_of.in_(of))
        found = fetch_within(connection, running, _LOOK_S) if of else None
        holders = {queue: (Untrusted(str(job_id)),) for queue, job_id in map(tuple, found or ())}
        return [
            replace(job, waits_for=holders.get(row["of"], ())) if job.state is State.BLOCKED else job
            for row, job in read
        ]


def _finish(row: ReadRow, job: Job) -> Job:
    """Add the last error, the flags as tags, and who holds its queue."""
    error = JobError(Untrusted(""), Untrusted(row["error"]), Untrusted("")) if row["error"] else None
    tags = tuple(map(Untrusted, read_object(row["flags"])))
    held = (f"its queue runs one job at a time, and is held by worker '{sanitize(row['holder'] or '')}'",)
    remarks = (*job.remarks, *(held if job.state is State.BLOCKED else ()))
    return replace(job, error=error, tags=tags, remarks=remarks)


def _changes(schema: str, queues: Table) -> Iterator[Change]:
    """Yield the calls of its own functions, which lock, check and schedule anew.

    They leave the job of a dead worker alone for 4 hours, unless the whole worker is unlocked.
    """

    def calling(name: str, *values: Any) -> Callable[[LockedRow], Statements]:  # noqa: ANN401 - what its function takes
        def write(locked: LockedRow) -> Statements:
            now = literal(locked.moment.now, _TIME)
            ids = literal([locked.place.key[0]], ARRAY(BigInteger))
            changed = getattr(getattr(func, schema), name)(ids, *(now if one == "now" else one for one in values))
            yield select(literal_column("1")).select_from(changed.alias("changed"))
            return None

        return write

    def unlocking(locked: LockedRow) -> Iterator[Executable]:
        worker = locked.record["field_worker"]
        if worker is not None and locked.row["holder"] == worker:
            mine = and_(queues.c.id == locked.row["of"], queues.c.locked_by == worker)
            yield update(queues).where(mine).values(locked_at=None, locked_by=None)

    def with_queue(write: Callable[[LockedRow], Statements]) -> Callable[[LockedRow], Statements]:
        def write_both(locked: LockedRow) -> Statements:
            yield from write(locked)
            yield from unlocking(locked)
            return None

        return write_both

    def after_release(locked: LockedRow) -> str:
        return "it was its last attempt, so that it is failed now: retry it" if locked.job.is_used_up else RUNS_TWICE

    idle, running, failed = WAITING | {State.BLOCKED}, frozenset({State.PROCESSING}), frozenset({State.FAILED})
    free = with_queue(setting(lambda _: {"locked_at": None, "locked_by": None}))
    again = calling("reschedule_jobs", "now", None, 0, None)
    soon = calling("reschedule_jobs", "now", None, None, None)
    yield Change(Verb.RETRY, _SOURCE, failed, again)
    yield Change(Verb.RETRY, _SOURCE, PUT_OFF, soon)
    yield Change(Verb.CANCEL, _SOURCE, idle, calling("permanently_fail_jobs", _CANCELLED))
    yield Change(Verb.RELEASE, _SOURCE, running, free, only_stuck=True, note=after_release)
    yield Change(Verb.DELETE, _SOURCE, idle | failed, calling("complete_jobs"))
    lost = with_queue(deleting)
    yield Change(Verb.DELETE, _SOURCE, running, lost, only_stuck=True, note="work that still runs was not stopped")
