"""GoodJob 4: one row per job, which has no column for its state, and a row for each run.

A job that runs is locked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Numeric,
    Table,
    Text,
    and_,
    case,
    cast,
    delete,
    false,
    func,
    literal,
    not_,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.good_job.cron import made_by
from queuetui.backends.foreign.good_job.pauses import ENABLED, PAUSES, PauseList
from queuetui.backends.foreign.good_job.processes import SILENT, ProcessRows
from queuetui.backends.payloads.active_job import read_active_job, read_error_line, tell_call
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.advisory_locks import is_held, md5_number, take
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import moving, setting
from queuetui.backends.tables.codecs import WHOLE, Codec, Later, Naive, UuidValue, utc_codec
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.source import PAYLOAD, Column, Condition, Field, Key, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Attempt, Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import FINAL, LIVE, PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted, sanitize

_LIVE, _ENDED = "live", "ended"
# What the layout that was tried has beside what every GoodJob has.
_LAYOUT = "executions_count job_class error_event labels locked_by_id locked_at lock_type batch_id cron_key cron_at"
_RUN = "active_job_id created_at finished_at error error_event error_backtrace process_id"
_DISCARDED = "GoodJob::Job::DiscardJobError"
# As it was called before GoodJob 3.
_DISCARDED_ONCE = "GoodJob::ActiveJobJob::DiscardJobError"
_EVENTS = {0: "interrupted", 2: "handled", 3: "retried", 5: "discarded"}
_PUT_OFF = re.compile(r"GoodJob::ActiveJobExtensions::Concurrency::(Concurrency|Throttle)ExceededError\b")
_MOST, _LARGEST = 1_000, 1_000_000
_ABSENT = {
    "max_attempts": "how often a job is tried is in the application's code, in its retry_on",
    **dict.fromkeys(
        ("lost", "name"), "GoodJob counts no lost runs apart, and gives jobs no names beside their classes"
    ),
}
_OLD, _NEW = (
    f"its tables are those of a GoodJob {which}, and 4.19 alone was tried, so it is only read"
    for which in ("before 4.15", "after 4.19")
)
_TRIED = {"good_jobs", *(f"good_job_{name}" for name in ("batches", "executions", "processes", "settings"))}
_REASONS = usual_reasons(
    "GoodJob", events="GoodJob keeps no record of what happened to a job but its runs",
    workers="GoodJob's live processes take away the rows of dead ones themselves",
    schedules="GoodJob's cron is in the application's code: told are keys with jobs",
    limits="GoodJob's limits are in the application's code, in good_job_control_concurrency_with",
)  # fmt: skip
_WARNINGS = {
    Verb.RETRY: "a job that used up its retry_on gets one run",
    Verb.CANCEL: "cancel = discard, for jobs that wait; a job that runs cannot be stopped",
    Verb.DELETE: "GoodJob keeps no copy of a deleted job and its runs",
    Verb.RELEASE: "if its process still lives, the job runs twice",
    Verb.PAUSE: ENABLED,
}
_IN_BATCH = "it belongs to a batch, which would not be told: discard it in GoodJob's own dashboard"
_TAKEN = "its last run was interrupted, and it waits for any worker of its queue already"
_NO_CALLBACK = "it belongs to a batch: callbacks that were called are not called again"


def describe(stored: Mapping[str, StoredTable], _: Catalog, options: BackendOptions) -> Product:
    """Return the queue of one set of tables."""
    jobs, good = stored["good_jobs"], GoodJob(stored, options.summaries)
    pauses = PauseList(good.tables["good_job_settings"], good.times)
    return Product(
        "good-job", "GoodJob", good.sources(), good.changes(),
        tables=", ".join(one.written for name, one in stored.items() if name.startswith("good_job")),
        absent=_ABSENT, missing_states={State.BLOCKED: "GoodJob puts a job off that its concurrency key holds back"},
        reasons=_REASONS, warnings=_WARNINGS, name=jobs.schema or "",
        is_visible=jobs.is_visible,
        sides=Sides(good.processes.read, pauses=pauses.read, schedules=None if good.is_old else good.schedules()),
        worker_command=("bundle", "exec", "good_job", "start", "--queues={queue}"),
        queue_changes={Verb.PAUSE: pauses.switch, Verb.RESUME: pauses.switch},
    ).only_read(_OLD if good.is_old else _NEW if good.tables.keys() - _TRIED else "")  # fmt: skip


@dataclass(frozen=True)
class GoodJob:
    """One set of tables, and what the profile shows of arguments."""

    stored: Mapping[str, StoredTable]
    summaries: SummaryPaths

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables by their names."""
        return {name: as_table(one, "postgresql") for name, one in self.stored.items() if name.startswith("good_job")}

    @property
    def jobs(self) -> Table:
        """The jobs themselves."""
        return self.tables["good_jobs"]

    @property
    def processes(self) -> ProcessRows:
        """The processes that run jobs."""
        return ProcessRows(self.tables["good_job_processes"], self.jobs, self.jobs.c.get("locked_by_id"), self.times)

    @cached_property
    def is_old(self) -> bool:
        """Whether the layout lacks something of the one that was tried."""
        runs = self.stored.get("good_job_executions")
        has_runs = runs is not None and runs.columns.keys() >= {*_RUN.split()}
        return not (has_runs and self.stored["good_jobs"].columns.keys() >= {*_LAYOUT.split()})

    @property
    def job_id(self) -> Column:
        """What names a job: where each try may be a row, all of them have one id of ActiveJob."""
        return self.jobs.c.active_job_id if self.is_old else self.jobs.c.id

    @property
    def times(self) -> Codec:
        """How times stand in all columns."""
        return utc_codec(self.stored["good_jobs"].columns["created_at"], "postgresql")

    def sources(self) -> tuple[Source, ...]:
        """Return what the rows mean of jobs that go on, which an index leads to, and of those that ended."""
        rows, has_ended = self._source(), self.jobs.c.finished_at.is_not(None)
        return rows.part(_LIVE, ~has_ended, LIVE), rows.part(_ENDED, has_ended, FINAL)

    def _source(self) -> Source:
        """Return what the rows of jobs mean; a column that an older layout lacks is NULL."""
        job, has_runs, locked_by = self.jobs.c, not self.is_old, self._at("locked_by_id")
        counted = self._ended_runs() + case((job.performed_at.is_not(None), 1), else_=0)
        setting_, process = self.tables["good_job_settings"].c, self.tables["good_job_processes"].c
        beat = select(process.updated_at).where(process.id == locked_by).scalar_subquery()
        now = func.timezone("UTC", func.now()) if isinstance(self.times, Naive) else func.now()
        held = case((is_held(_lock_of(self.job_id)), now), else_=func.coalesce(beat, job.performed_at))
        named = func.coalesce(self._at("job_class"), job.serialized_params["job_class"].astext)
        return Source(
            _LIVE, self.jobs, (Field(job.id, UuidValue()),),
            fields={
                "id": Field(self.job_id, UuidValue()), "queue": Field(func.coalesce(job.queue_name, "default")), "type": Field(named),
                "priority": Field(job.priority, WHOLE), "key": Field(self._at("concurrency_key")),
                "attempts": Field(func.coalesce(self._at("executions_count"), counted), WHOLE),
                "correlation_id": Field(self._at("batch_id").cast(Text)), "worker": Field(locked_by.cast(Text)),
                "created": Field(job.created_at, self.times), "started": Field(job.performed_at, self.times),
                "scheduled": Field(func.coalesce(job.scheduled_at, job.created_at), self.times, is_last=True),
                "completed": Field(job.finished_at, self.times), "updated": Field(job.updated_at, self.times),
            },
            states=self._states(), held=Field(held, Later(self.times, SILENT)), lanes=frozenset({"created"}),
            rev=(job.updated_at, job.scheduled_at, job.performed_at, job.finished_at, locked_by),
            texts={PAYLOAD: job.serialized_params.cast(Text), "error": job.error, **({"trace": self._last_trace()} if has_runs else {})},
            extra={
                "labels": self._at("labels"), "cron": self._at("cron_key"), "began": job.performed_at,
                "paused": select(setting_.value.cast(Text)).where(setting_.key == PAUSES).scalar_subquery(),
            },
            finish=self._finish, attempts=self._read_runs if has_runs else None, hidden=self._was_retried(),
        )  # fmt: skip

    def schedules(self) -> Any:  # noqa: ANN401 - what reads them
        """Return what reads the cron keys, of which only jobs and the list of those that are disabled tell."""
        job, setting_ = self.jobs.c, self.tables["good_job_settings"].c
        off = select(setting_.key).where(setting_.key == "cron_keys_disabled", setting_.value.has_key(job.cron_key))
        return made_by(
            job.cron_key, job.cron_at, type=Field(job.job_class), queue=Field(job.queue_name), paused=Field(off.exists()),
            last_at=Field(job.cron_at, self.times), last_job_id=Field(job.id.cast(Text)),
        ).read  # fmt: skip

    def _at(self, name: str) -> Column:
        return self.jobs.c[name] if name in self.jobs.c else null()

    def _ended_runs(self) -> Column:
        """Return how many runs ended, as ActiveJob counts them in the job's own text."""
        told = self.jobs.c.serialized_params["executions"]
        number = cast(func.least(told.astext.cast(Numeric), _LARGEST), Integer)
        return case((func.jsonb_typeof(told) == "number", number), else_=0)

    def _was_retried(self) -> Condition | None:
        """Return the condition for a try whose job goes on in another row, as before GoodJob 4."""
        has_rows = self.is_old and "retried_good_job_id" in self.jobs.c
        return self.jobs.c.retried_good_job_id.is_not(None) if has_rows else None

    def _states(self) -> dict[State, Rule]:
        job = self.jobs.c
        has_failed, has_ended, began = (
            job.error.is_not(None),
            job.finished_at.is_not(None),
            job.performed_at.is_not(None),
        )
        by_person = (job.error.startswith(f"{one}:", autoescape=True) for one in (_DISCARDED, _DISCARDED_ONCE))
        is_discarded = and_(has_failed, or_(*by_person))
        # A run whose holder somebody has taken away is due to be taken again.
        runs = and_(began, self._at("locked_by_id").is_not(None)) if "locked_by_id" in job else began
        # Where each try is a row, that of the next one has no error.
        was_tried = or_(has_failed, self._ended_runs() > 0) if self.is_old else has_failed
        fresh = and_(not_(has_ended), not_(was_tried), not_(began))

        def is_ahead(moment: Moment) -> Condition:
            return func.coalesce(job.scheduled_at > self.times.to_store(moment.now), false())

        return {
            State.PENDING: lambda moment: and_(fresh, not_(is_ahead(moment))),
            State.SCHEDULED: lambda moment: and_(fresh, is_ahead(moment)),
            State.RETRYING: lambda _: and_(not_(has_ended), not_(runs), or_(was_tried, began)),
            State.PROCESSING: lambda _: and_(not_(has_ended), runs),
            State.COMPLETED: lambda _: and_(has_ended, not_(has_failed)),
            State.FAILED: lambda _: and_(has_ended, has_failed, not_(is_discarded)),
            State.CANCELLED: lambda _: and_(has_ended, is_discarded),
        }

    def _last_trace(self) -> Column:
        run = self.tables["good_job_executions"].c
        its = select(func.array_to_string(run.error_backtrace, "\n")).where(
            run.active_job_id == self.jobs.c.active_job_id
        )
        return its.order_by(run.created_at.desc()).limit(1).scalar_subquery()

    def _finish(self, row: ReadRow, job: Job) -> Job:
        """Add the arguments, the error and what to know of the job."""
        job, _ = tell_call(job, row[PAYLOAD], self.summaries, is_whole=job.payload_whole)
        paused, waits = read_object(row["paused"]), job.state in WAITING
        labels = [label for label in row["labels"] or () if label is not None]
        stopped = [paused[one] for one in ("job_classes", "labels") if isinstance(paused.get(one), list)]
        held = [name for name in (job.type.raw, *labels) if any(name in one for one in stopped)]
        error, is_cancelled = read_error_line(row["error"], row.get("trace") or ""), job.state is State.CANCELLED
        told = {
            f"the cron entry '{sanitize(row['cron'] or '')}' made it": row["cron"],
            f"jobs of {', '.join(map(sanitize, held))} are paused": waits and held,
            "its concurrency key put it off, which is no failure": waits and _PUT_OFF.match(row["error"]),
            "its last run was interrupted; any worker of its queue takes it again": waits and row["began"] is not None,
            f"it was discarded: {sanitize(error.message, 200)}": is_cancelled,
        }
        job = replace(job, tags=tuple(map(Untrusted, labels)), remarks=(*job.remarks, *filter(told.get, told)))
        return replace(job, error=error) if row["error"] and job.state in (State.FAILED, State.RETRYING) else job

    def _read_runs(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        """Return the runs of a job, oldest first."""
        run, job = self.tables["good_job_executions"].c, self.jobs.c
        its = select(job.active_job_id).where(job.id == key[0]).scalar_subquery()
        trace = func.array_to_string(run.error_backtrace, "\n").label("trace")
        columns = (run.error, trace, run.error_event, run.process_id, run.created_at, run.finished_at)
        chosen = select(*columns).where(run.active_job_id == its).order_by(run.created_at).limit(_MOST)
        return tuple(self._attempt(place, one) for place, one in enumerate(connection.execute(chosen), 1))

    def _attempt(self, place: int, run: Any) -> Attempt:  # noqa: ANN401 - a row of the database
        began, ended = self.times.from_store(run.created_at), self.times.from_store(run.finished_at)
        word = "open" if ended is None else "completed" if run.error is None else "failed"
        error = None if run.error is None else read_error_line(run.error, run.trace or "")
        worker = None if run.process_id is None else Untrusted(str(run.process_id))
        return Attempt(place, _EVENTS.get(run.error_event, word), error, worker, began, ended)

    def changes(self) -> tuple[Change, ...]:
        """Return what each verb does."""
        given_up, running = frozenset({State.FAILED, State.CANCELLED}), frozenset({State.PROCESSING})
        again, due = moving(self._writing(self._again), _LIVE), self._writing(self._now)
        drop = moving(self._writing(self._discarded, tells=False), _ENDED)
        # The next run records the interruption by the time of its beginning, which stays.
        free = self._writing(lambda _: dict.fromkeys(("locked_by_id", "locked_at", "lock_type")), only_stuck=True)
        return (
            Change(Verb.RETRY, _ENDED, given_up, again, note=lambda one: _NO_CALLBACK if one.row["correlation_id"] else ""),
            Change(Verb.RETRY, _LIVE, PUT_OFF, due, refusal=_why_kept),
            Change(Verb.CANCEL, _LIVE, WAITING, drop, refusal=lambda locked: _why_kept(locked, alone=True)),
            Change(Verb.RELEASE, _LIVE, running, free, only_stuck=True),
            Change(Verb.DELETE, _ENDED, FINAL, self._delete),
        )  # fmt: skip

    def _writing(
        self, values: Callable[[LockedRow], Mapping[str, Any]], *, tells: bool = True, only_stuck: bool = False
    ) -> Callable[[LockedRow], Statements]:
        """Return a change under the job's own lock, of which workers that listen are told."""
        write = setting(lambda one: {**values(one), "updated_at": self._stored(one.moment)}, only_stuck=only_stuck)

        def change(locked: LockedRow) -> Statements:
            yield take(_lock_of(locked.place.key[0]))
            yield from write(locked)
            if tells:
                told = func.json_build_object(
                    "queue_name", locked.job.queue.raw, "scheduled_at", func.now(), "count", 1
                )
                yield select(func.pg_notify("good_job", told.cast(Text)))
            return None

        return change

    def _stored(self, moment: Moment) -> Any:  # noqa: ANN401 - a time as its column holds it
        return self.times.to_store(moment.now)

    def _now(self, locked: LockedRow) -> dict[str, Any]:
        return {"scheduled_at": self._stored(locked.moment)}

    def _again(self, locked: LockedRow) -> dict[str, Any]:
        """As GoodJob's own retry: the error stays until the run ends, and the count of ActiveJob goes on."""
        read: Any = read_active_job("", locked.row[PAYLOAD], {})
        params: Column = self.jobs.c.serialized_params
        if read is not None and read.executions is not None:
            params = func.jsonb_set(params, array(["executions"]), literal(read.executions + 1, JSONB))
        gone = dict.fromkeys(("finished_at", "performed_at", "locked_by_id", "locked_at"))
        return {**self._now(locked), **gone, "error_event": 3, "serialized_params": params}

    def _discarded(self, locked: LockedRow) -> dict[str, Any]:
        ended = {"finished_at": self._stored(locked.moment), "error_event": 5}
        return ended | {"error": f"{_DISCARDED}: discarded by queuetui"}

    def _delete(self, locked: LockedRow) -> Statements:
        """Delete a job with its runs."""
        run, job = self.tables["good_job_executions"], self.jobs.c
        its = run.c.active_job_id.in_(select(job.active_job_id).where(job.id == locked.place.key[0]))
        yield take(_lock_of(locked.place.key[0]))
        yield delete(self.jobs).where(locked.unchanged).add_cte(delete(run).where(its).returning(run.c.id).cte("runs"))
        return None


def _lock_of(job_id: Any) -> Column:  # noqa: ANN401 - a column of any type
    """Return the number of a job's lock, by the hash that GoodJob uses unless it is set to another."""
    return md5_number(literal("good_jobs-").op("||")(cast(job_id, Text)))


def _why_kept(locked: LockedRow, *, alone: bool = False) -> str:
    """Say why a job is left as it is: it is free already, or belongs to others."""
    return _TAKEN if locked.row["began"] is not None else _IN_BATCH if alone and locked.row["correlation_id"] else ""
