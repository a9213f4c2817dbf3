"""Solid Queue 0.8 to 1.5: where its jobs stand, and what each verb changes.

There is a source for each table of executions, and two for jobs without one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, Text, and_, cast, delete, func, insert, not_, select, true, update

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.solid_queue import EXECUTIONS, PREFIX
from queuetui.backends.foreign.solid_queue.pauses import PauseRows
from queuetui.backends.payloads.active_job import count_executions, forget_executions, read_rails_error, tell_call
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import deleting, setting, table_of
from queuetui.backends.tables.codecs import WHOLE, Codec, Later, key_codec, utc_codec
from queuetui.backends.tables.product import Change, LockedRow, Product, RowPlace, Sides, Statements
from queuetui.backends.tables.schedule_rows import find_schedules
from queuetui.backends.tables.source import PAYLOAD, Condition, DecodedFields, Field, Key, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.clock import EARLIEST
from queuetui.model.job import Attempt, Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted, sanitize
from queuetui.model.worker import WorkerInfo

_READY, _SCHEDULED, _CLAIMED, _BLOCKED, _FAILED = EXECUTIONS
# Rows of the table of jobs alone: those that ended well, and those that nothing holds.
_FINISHED, _LOST = "finished", "lost"
# Solid Queue's own: a process that is silent for longer is pruned and its jobs failed.
_SILENT = timedelta(minutes=5)
_REV = ("id", "process_id", "scheduled_at", "priority", "finished_at", "updated_at")
# How many rows are read, and how much of what stands behind the arguments of a job, with the count of its runs.
_MOST = _TAIL_CHARS = 1_000
_COUNTED = '%],"executions":{},"exception_executions":%'
_ABSENT = {
    "lost": "Solid Queue does not count lost runs apart",
    "max_attempts": "how often a job is tried is in the application's code, in its retry_on",
    **dict.fromkeys(("name", "tag"), "Solid Queue's jobs carry no names beside their classes, and no tags"),
}
_OLD, _NEW = (
    f"its tables are those of a Solid Queue {which}, which this was not tried on, so it is only read"
    for which in ("before 0.8", "after 1.5")
)
_ODD = "the ids of its jobs are no whole numbers, which this was not tried on, so it is only read"
_TRIED = {*EXECUTIONS, "jobs", "processes", "pauses", "semaphores", "recurring", "recurring_tasks"}
_REASONS = usual_reasons(
    "Solid Queue", schedules="change recurring tasks in the application's config/recurring.yml",
    workers="Solid Queue's supervisors remove silent processes themselves, and fail their jobs",
    limits="Solid Queue's limits are in the application's code, in limits_concurrency",
)  # fmt: skip
_GONE = "Solid Queue keeps no copy of a job that is discarded or deleted"
_WARNINGS = {
    Verb.CANCEL: f"cancel = discard: {_GONE}; a job that runs cannot be stopped",
    Verb.DELETE: _GONE,
    Verb.RETRY: "a Dispatcher must run, which makes the job ready; its retry_on counts from nothing again",
    Verb.RELEASE: "its process has not beaten for 5 minutes: make sure that it is dead, or the job runs twice",
}
_HAS_SEAT = "it holds a seat of its concurrency key, which would not be given back before its limit's duration is over"


def describe(stored: Mapping[str, StoredTable], catalog: Catalog, options: BackendOptions) -> Product:
    """Return the queue of one set of tables."""
    solid, jobs = SolidQueue(stored, catalog.dialect, options.summaries), stored[f"{PREFIX}jobs"]
    pauses = PauseRows(solid.tables["pauses"], solid.times)
    return Product(
        "solid-queue", "Solid Queue", solid.sources(), solid.changes(),
        tables=", ".join(one.written for name, one in stored.items() if name.startswith(PREFIX)),
        absent=_ABSENT, missing_states={State.CANCELLED: "Solid Queue deletes the row of a job that is discarded"},
        reasons=_REASONS, warnings=_WARNINGS,
        name=jobs.schema or "", is_visible=jobs.is_visible, sides=Sides(solid.workers, pauses=pauses.read, schedules=solid.schedules()),
        cleanup=(State.COMPLETED,), worker_command=("bin/jobs", "start"),
        queue_changes={Verb.PAUSE: pauses.switch, Verb.RESUME: pauses.switch},
    ).only_read(solid.untried)  # fmt: skip


@dataclass(frozen=True)
class SolidQueue:
    """One set of tables, the language of their database, and what the profile shows of arguments."""

    stored: Mapping[str, StoredTable]
    dialect: str
    summaries: SummaryPaths

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables by their names without the prefix, executions by their words alone."""
        named = {name.removeprefix(PREFIX): one for name, one in self.stored.items() if name.startswith(PREFIX)}
        tables = {name.removesuffix("_executions"): as_table(one, self.dialect) for name, one in named.items()}
        if "recurring" in tables and not {"job_id", "task_key", "run_at"} <= {*tables["recurring"].c.keys()}:
            del tables["recurring"]
        return tables

    @cached_property
    def times(self) -> Codec:
        """How times stand in all columns."""
        return utc_codec(self.stored[f"{PREFIX}jobs"].columns["created_at"], self.dialect)

    @cached_property
    def untried(self) -> str:
        """Why nothing is changed in tables of another layout than those that were tried, empty for these."""
        jobs, claimed = self.tables["jobs"].c, self.tables[_CLAIMED].c
        if {"recurring", "recurring_tasks"} - self.tables.keys() or "name" not in self.tables["processes"].c:
            return _OLD
        # Batches, since 1.7, have a table of executions too, whose rows go with their jobs.
        is_new = self.tables.keys() - _TRIED or "batch_id" in jobs or "process_name" in claimed
        return _NEW if is_new else "" if self.job_ids is WHOLE else _ODD

    @cached_property
    def job_ids(self) -> Codec:
        """How the ids of jobs stand in all columns."""
        return key_codec(self.stored[f"{PREFIX}jobs"].columns["id"], self.dialect)

    def schedules(self) -> Any:  # noqa: ANN401 - what reads them
        """Return what reads the recurring tasks, each with the job that it made last as long as that is kept."""
        made = self.tables["recurring"].c if "recurring" in self.tables else None
        return None if made is None else find_schedules(
            self.stored.get(f"{PREFIX}recurring_tasks"), self.dialect, name="key", queue="queue_name", timing="schedule",
            type=lambda at: Field(func.coalesce(at.class_name, at.command)), payload="arguments",
            last_at=lambda at: Field(_one(func.max(made.run_at), made.task_key == at.key), self.times),
            last_job_id=lambda at: Field(cast(_first(made.job_id, made.task_key == at.key, made.run_at.desc()), Text)),
        )  # fmt: skip

    def sources(self) -> tuple[Source, ...]:
        """Return all sources, in the order in which jobs move."""
        jobs, process = self.tables["jobs"], self.tables["processes"]
        ready, _, claimed, blocked, failed = (self.tables[name].c for name in EXECUTIONS)
        beat = Field(func.coalesce(process.c.last_heartbeat_at, claimed.created_at), Later(self.times, _SILENT))
        worker = Field(process.c.name if "name" in process.c else process.c.id)
        ids = (self.tables[name].c.job_id for name in EXECUTIONS)
        # Counted row by row: a server would make a set of each whole table to tell what is not in it.
        unheld = and_(jobs.c.finished_at.is_(None), *(_one(func.count(), at == jobs.c.id) == 0 for at in ids))
        runs = self._source(_CLAIMED, State.PROCESSING, started=claimed.created_at)
        by_process = runs.rows.outerjoin(process, process.c.id == claimed.process_id)
        finished = self._source(_FINISHED, State.COMPLETED, completed=jobs.c.finished_at)
        lost, seats = self._source(_LOST, State.FAILED, completed=jobs.c.finished_at), self.tables["semaphores"].c
        dead = self._source(_FAILED, State.FAILED, completed=failed.created_at)
        waits = self._source(_BLOCKED, State.BLOCKED, scheduled=blocked.created_at)
        return (
            self._scheduled(),
            replace(waits, extra={**waits.extra, "free": _one(seats.value, seats.key == blocked.concurrency_key)}),
            self._source(_READY, State.PENDING, scheduled=ready.created_at),
            replace(runs, rows=by_process, fields={**runs.fields, "worker": worker}, held=beat),
            # Before 1.5 a run could end well although its process had been taken for dead.
            replace(dead, texts={**dead.texts, "error": failed.error}, only=jobs.c.finished_at.is_(None)),
            # Those that are shown all have the time of their end.
            replace(finished, only=jobs.c.finished_at.is_not(None), lanes=frozenset({"completed"})),
            replace(lost, only=unheld, key_orders=frozenset(), extra={**lost.extra, "stands": ~unheld}, sparse=True),
        )

    def _source(self, name: str, state: State | None, **times: Any) -> Source:  # noqa: ANN401 - columns of any type
        """Return the source of a table: of executions, or of jobs."""
        jobs = self.tables["jobs"]
        table = self.tables.get(name, jobs)
        key = jobs.c.id if table is jobs else table.c.job_id
        told = table.c if "queue_name" in table.c else jobs.c
        folds = self.stored[f"{PREFIX}jobs"].columns["queue_name"].folds
        by_key = frozenset({"created"} if self.job_ids is WHOLE else ())
        fields = {
            "id": Field(key, self.job_ids), "queue": Field(told.queue_name, folds=folds), "type": Field(jobs.c.class_name),
            "priority": Field(told.priority, WHOLE), "key": Field(jobs.c.concurrency_key),
            "correlation_id": Field(jobs.c.active_job_id), "created": Field(jobs.c.created_at, self.times),
            **{one: Field(at, self.times) for one, at in times.items()},
        }  # fmt: skip
        return Source(
            name, jobs if table is jobs else table.outerjoin(jobs, jobs.c.id == key), (Field(key, self.job_ids),), fields,
            states={} if state is None else {state: lambda _: true()}, rev=tuple(table.c[one] for one in _REV if one in table.c),
            key_orders=by_key, texts={PAYLOAD: jobs.c.arguments}, extra=self._beside(jobs, key),
            finish=self._finish, locked_table=table, decoded=DecodedFields(frozenset({"attempts"})), attempts=self._read_tries,
        )  # fmt: skip

    def _beside(self, jobs: Table, key: Any) -> dict[str, Any]:  # noqa: ANN401 - a column
        """Return what else is read of each job.

        That is the end of its text, its next try, and the recurring task that made it.
        """
        is_sqlite, tries, recurring = self.dialect == "sqlite", jobs.alias("tries"), self.tables.get("recurring")
        tail = func.substr(jobs.c.arguments, -_TAIL_CHARS) if is_sqlite else func.right(jobs.c.arguments, _TAIL_CHARS)
        same, is_ended = tries.c.active_job_id == jobs.c.active_job_id, jobs.c.finished_at.is_not(None)
        task = {} if recurring is None else {"task": _one(recurring.c.task_key, recurring.c.job_id == key)}
        is_later = tries.c.id > key if self.job_ids is WHOLE else tries.c.created_at > jobs.c.created_at
        next_try = _first(
            tries.c.id, and_(same, is_ended, is_later), tries.c.id if self.job_ids is WHOLE else tries.c.created_at
        )
        # Nothing writes to a job until it ends, but for a retry by hand.
        anew = and_(jobs.c.finished_at.is_(None), jobs.c.updated_at > jobs.c.created_at)
        return {"tail": tail, "next_try": next_try, "anew": anew, **task}

    def _scheduled(self) -> Source:
        at, processes = self.tables[_SCHEDULED].c, self.tables["processes"].c
        arguments = func.coalesce(self.tables["jobs"].c.arguments, "")
        has_run = and_(arguments.like(_COUNTED.format("%")), not_(arguments.like(_COUNTED.format("0"))))

        def is_due(moment: Moment) -> Condition:
            return func.coalesce(at.scheduled_at <= self.times.to_store(moment.now), true())

        states: dict[State, Rule] = {
            State.RETRYING: lambda _: has_run,
            State.PENDING: lambda moment: and_(not_(has_run), is_due(moment)),
            State.SCHEDULED: lambda moment: and_(not_(has_run), not_(is_due(moment))),
        }
        source = self._source(_SCHEDULED, None, scheduled=at.scheduled_at)
        extra = {
            **source.extra,
            "dispatcher": _one(func.max(processes.last_heartbeat_at), processes.kind == "Dispatcher"),
        }
        return replace(source, states=states, lanes=frozenset({"scheduled"}), extra=extra)

    def _finish(self, row: ReadRow, job: Job) -> Job:
        """Add the arguments, the error and how often the job has run, and what to know of it."""
        is_lost, was_due = "stands" in row, row.now - timedelta(minutes=1)
        began = job.state in (State.PROCESSING, State.COMPLETED, State.FAILED) and not is_lost
        job, ended = tell_call(job, row[PAYLOAD], self.summaries, is_whole=job.payload_whole)
        # A row that was tried again is one try; the row of the last try counts them all.
        ended = 0 if row["next_try"] else count_executions(row["tail"] or "") if ended is None else ended
        is_left = "dispatcher" in row and job.scheduled_at is not None and job.scheduled_at < was_due
        beat = self.times.from_store(row.get("dispatcher")) or EARLIEST
        told = {
            f"the recurring task '{sanitize(row.get('task') or '')}' made it": row.get("task"),
            "it was retried by hand, and its count began anew then: earlier runs are not counted": row["anew"],
            f"it failed and was tried again as job {row['next_try']}": row["next_try"],
            f"it waits for a seat of its concurrency key: {row.get('free') or 0} are free": "free" in row,
            "no Dispatcher beats, which makes due jobs ready: run bin/jobs": is_left and beat < row.now - _SILENT,
            "it is in none of the tables that say where a job stands, so no worker takes it; retry it or delete it": is_lost,
        }
        remarks, error = filter(told.get, told), read_rails_error(row["error"]) if row.get("error") else None
        attempts = 0 if ended is None else ended + began
        return replace(job, attempts=attempts, error=error, remarks=(*job.remarks, *remarks))

    def _read_tries(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        """Return the earlier rows of a job, each of which is a try that failed; its error is not kept."""
        jobs, tries = self.tables["jobs"], self.tables["jobs"].alias("tries")
        same = tries.c.active_job_id == _one(jobs.c.active_job_id, jobs.c.id == key[0])
        chosen = select(tries.c.finished_at).where(same, tries.c.id < key[0], tries.c.finished_at.is_not(None))
        found = map(self.times.from_store, connection.execute(chosen.order_by(tries.c.id).limit(_MOST)).scalars())
        return tuple(Attempt(place, "retried", None, None, None, ended) for place, ended in enumerate(found, 1))

    def changes(self) -> tuple[Change, ...]:
        """Return what each verb does to the rows of each source."""
        due_now = setting(lambda locked: {"scheduled_at": self.times.to_store(locked.moment.now)})
        failed, running = frozenset({State.FAILED}), frozenset({State.PROCESSING})
        waits = {_READY: {State.PENDING}, _SCHEDULED: WAITING, _BLOCKED: {State.BLOCKED}}
        ended = {_FAILED: failed, _LOST: failed, _FINISHED: {State.COMPLETED}}
        discards = [(Verb.CANCEL, waits), (Verb.DELETE, waits), (Verb.DELETE, ended)]
        return (
            *(Change(Verb.RETRY, name, failed, self._retry, refusal=_why_not) for name in (_FAILED, _LOST)),
            Change(Verb.RETRY, _SCHEDULED, PUT_OFF, due_now),
            Change(Verb.RELEASE, _CLAIMED, running, self._release, only_stuck=True),
            *(Change(verb, one, frozenset(of), self._discard, refusal=_why_not) for verb, some in discards for one, of in some.items()),
        )  # fmt: skip

    def _put(self, name: str, locked: LockedRow, **times: Any) -> Any:  # noqa: ANN401 - a statement
        """Return the statement that puts a job into a table of executions."""
        told = {"queue_name": locked.row["queue"], "priority": locked.row["priority"] or 0, **times}
        now = self.times.to_store(locked.moment.now)
        return insert(self.tables[name]).values(job_id=locked.place.key[0], created_at=now, **told)

    def _retry(self, locked: LockedRow) -> Statements:
        """Schedule a job for now, so that the dispatcher takes its seat and makes it ready.

        Its tries begin anew.
        """
        jobs, now, text = self.tables["jobs"], self.times.to_store(locked.moment.now), locked.row[PAYLOAD]
        if locked.place.source == _FAILED:
            yield from deleting(locked)
        yield self._put(_SCHEDULED, locked, scheduled_at=now)
        anew = forget_executions(text)
        if anew is not None and anew != text:
            is_seen = and_(jobs.c.id == locked.place.key[0], jobs.c.arguments == text)
            yield update(jobs).where(is_seen).values(arguments=anew, updated_at=now)
        return RowPlace(_SCHEDULED, locked.place.key)

    def _release(self, locked: LockedRow) -> Statements:
        claimed, process = self.tables[_CLAIMED], self.tables["processes"].c
        beats = process.last_heartbeat_at >= self.times.to_store(locked.moment.now - _SILENT)
        holder = select(process.id).where(process.id == claimed.c.process_id, beats)
        yield delete(claimed).where(locked.unchanged, not_(holder.exists()))
        yield self._put(_READY, locked)
        return RowPlace(_READY, locked.place.key)

    def _discard(self, locked: LockedRow) -> Statements:
        """Delete a job; what refers to it goes with it, by hand where the database does not see to that."""
        jobs, job_id, is_job = self.tables["jobs"], locked.place.key[0], table_of(locked) is self.tables["jobs"]
        if self.dialect == "sqlite" and not is_job:
            yield from deleting(locked)
        if self.dialect == "sqlite" and locked.row.get("task"):
            yield delete(self.tables["recurring"]).where(self.tables["recurring"].c.job_id == job_id)
        yield delete(jobs).where(jobs.c.id == job_id, locked.unchanged if is_job else jobs.c.finished_at.is_(None))
        return None

    def workers(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the processes that run jobs; supervisors, dispatchers and schedulers run none."""
        claimed, process = self.tables[_CLAIMED], self.tables["processes"]
        held = select(func.count()).where(claimed.c.process_id == process.c.id).scalar_subquery()
        chosen = select(process, held.label("busy")).where(process.c.kind == "Worker").order_by(process.c.id.desc())
        return tuple(self._worker(row, moment) for row in connection.execute(chosen.limit(_MOST)).mappings())

    def _worker(self, row: Mapping[Any, Any], moment: Moment) -> WorkerInfo:
        beat = self.times.from_store(row["last_heartbeat_at"]) or moment.now
        return WorkerInfo(
            Untrusted(str(row.get("name") or row["id"])), Untrusted(row["hostname"] or ""), row["pid"], Untrusted(""),
            *_read_settings(row["metadata"]), row["busy"], self.times.from_store(row["created_at"]) or beat, beat,
            silent_after_s=_SILENT.total_seconds(),
        )  # fmt: skip


def _read_settings(text: str | None) -> tuple[tuple[Untrusted, ...], int | None]:
    """Return the queues that a worker takes jobs from, and its threads.

    It names no queue where it has only the beginnings of their names.
    """
    try:
        told = json.loads(text or "{}")
        queues, slots = told.get("queues") or "*", told.get("thread_pool_size")
    except (ValueError, AttributeError, RecursionError):
        return (), None
    names = [str(name).strip() for name in (queues if isinstance(queues, list) else str(queues).split(","))]
    listed = () if any("*" in name for name in names) else tuple(map(Untrusted, names))
    return listed, slots if isinstance(slots, int) else None


def _why_not(locked: LockedRow) -> str:
    """Say why a job is left as it is: what it holds would not be given back, or it is lost no more."""
    if locked.place.source == _READY and locked.row["key"]:
        return _HAS_SEAT
    return "it is in a table of executions by now; look again" if locked.row.get("stands") else ""


def _first(at: Any, where: Condition, order: Any) -> Any:  # noqa: ANN401 - columns of any type
    """Return a value of the first row of another table beside each row."""
    return select(at).where(where).order_by(order).limit(1).scalar_subquery()


def _one(at: Any, where: Condition) -> Any:  # noqa: ANN401 - columns of any type
    """Return a value of another table beside each row."""
    return select(at).where(where).scalar_subquery()
