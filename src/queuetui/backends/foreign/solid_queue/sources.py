"""What the rows of Solid Queue mean: a source for each table of executions, and two for jobs without one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, Table, and_, func, not_, or_, select, true

from queuetui.backends.foreign.solid_queue.recognition import EXECUTIONS, PREFIX
from queuetui.backends.payloads.active_job import count_executions, tell_call
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.tables.codecs import WHOLE, Codec, Later
from queuetui.backends.tables.source import NOW, PAYLOAD, Condition, Field, Key, Row, Rule, Source
from queuetui.backends.tables.source import WHOLE as IS_WHOLE
from queuetui.backends.tables.stored_columns import as_table, utc_codec
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted

READY, SCHEDULED, CLAIMED, BLOCKED, FAILED = EXECUTIONS
# Rows of the table of jobs alone: those that ended well, and those that nothing holds.
FINISHED, LOST = "finished", "lost"
# Solid Queue's own: a process that is silent for longer is pruned and its jobs failed.
SILENT = timedelta(minutes=5)
_REV = ("id", "process_id", "scheduled_at", "priority", "finished_at", "updated_at")
_MOST_TRIES = 100
# What stands behind the arguments of a job, with the count of its runs.
_TAIL_CHARS = 1_000
_COUNTED = '%],"executions":{},"exception_executions":%'
_ERROR_HEAD = re.compile(r'\{"exception_class":\s*("(?:[^"\\]|\\.)*")(?:,\s*"message":\s*("(?:[^"\\]|\\.)*"))?')
_LOST = "it is in none of the tables that say where a job stands, so no worker takes it; retry it or delete it"


@dataclass(frozen=True)
class Sources:
    """Makes the sources of one set of tables; `summaries` are what the profile shows of arguments."""

    stored: Mapping[str, StoredTable]
    dialect: str
    summaries: SummaryPaths

    @cached_property
    def tables(self) -> dict[str, Table]:
        """The tables by their names without the prefix, executions by their words alone."""
        named = {name.removeprefix(PREFIX): one for name, one in self.stored.items() if name.startswith(PREFIX)}
        return {name.removesuffix("_executions"): as_table(one, self.dialect) for name, one in named.items()}

    @cached_property
    def times(self) -> Codec:
        """How times stand in all columns."""
        return utc_codec(self.stored[f"{PREFIX}jobs"].columns["created_at"], self.dialect)

    def make(self) -> tuple[Source, ...]:
        """Return all sources, in the order in which jobs move."""
        tables, jobs = self.tables, self.tables["jobs"]
        claimed, blocked, failed = tables[CLAIMED].c, tables[BLOCKED].c, tables[FAILED].c
        processes, seats = tables["processes"], tables["semaphores"].c
        beat = Field(func.coalesce(processes.c.last_heartbeat_at, claimed.created_at), Later(self.times, SILENT))
        running = self._source(CLAIMED, State.PROCESSING, started=claimed.created_at)
        of_process = running.rows.outerjoin(processes, processes.c.id == claimed.process_id)
        worker = {"worker": Field(processes.c.name if "name" in processes.c else processes.c.id)}
        free = _one(seats.value, seats.key == blocked.concurrency_key)
        stands = or_(
            *(select(at).where(at == jobs.c.id).exists() for at in (tables[one].c.job_id for one in EXECUTIONS))
        )
        finished = self._source(FINISHED, State.COMPLETED, completed=jobs.c.finished_at)
        lost = self._source(LOST, State.FAILED)
        dead = self._source(FAILED, State.FAILED, completed=failed.created_at)
        waiting = self._source(BLOCKED, State.BLOCKED, scheduled=blocked.created_at)
        return (
            self._scheduled(),
            replace(waiting, extra={**waiting.extra, "free": free}),
            self._source(READY, State.PENDING, scheduled=tables[READY].c.created_at),
            replace(running, rows=of_process, fields={**running.fields, **worker}, held=beat),
            replace(dead, texts={**dead.texts, "error": failed.error}),
            # Those that are shown all have the time of their end.
            replace(finished, hidden=jobs.c.finished_at.is_(None), lanes=frozenset({"completed"})),
            replace(lost, hidden=or_(jobs.c.finished_at.is_not(None), stands), extra={**lost.extra, "stands": stands}),
        )  # fmt: skip

    def _source(self, name: str, state: State | None, **times: Any) -> Source:  # noqa: ANN401 - columns
        """Return the source of a table: of executions, or of jobs."""
        jobs = self.tables["jobs"]
        table = self.tables.get(name, jobs)
        is_job = table is jobs
        key = jobs.c.id if is_job else table.c.job_id
        told = table.c if "queue_name" in table.c else jobs.c
        folds = self.stored[f"{PREFIX}jobs"].columns["queue_name"].folds
        return Source(
            name=name,
            rows=jobs if is_job else table.outerjoin(jobs, jobs.c.id == key),
            key=(Field(key, WHOLE),),
            fields={
                "id": Field(key, WHOLE),
                "queue": Field(told.queue_name, folds=folds),
                "type": Field(jobs.c.class_name),
                "priority": Field(told.priority, WHOLE),
                "key": Field(jobs.c.concurrency_key),
                "correlation_id": Field(jobs.c.active_job_id),
                **{one: Field(at, self.times) for one, at in {"created": jobs.c.created_at, **times}.items()},
            },
            states={} if state is None else {state: lambda _: true()},
            rev=tuple(table.c[one] for one in _REV if one in table.c),
            key_orders=frozenset({"created"}),
            texts={PAYLOAD: jobs.c.arguments},
            extra=self._beside(jobs, key),
            finish=self._finish,
            lockable=table,
            read_here=frozenset({"attempts"}),
            attempts=self._read_tries,
        )

    def _beside(self, jobs: Table, key: Any) -> dict[str, Any]:  # noqa: ANN401 - a column
        """Return what else is read of each job: the end of its text, its next try, and the recurring task that made it."""
        is_sqlite, tries, recurring = self.dialect == "sqlite", jobs.alias("tries"), self.tables.get("recurring")
        tail = func.substr(jobs.c.arguments, -_TAIL_CHARS) if is_sqlite else func.right(jobs.c.arguments, _TAIL_CHARS)
        is_later = and_(
            tries.c.active_job_id == jobs.c.active_job_id, tries.c.id > key, jobs.c.finished_at.is_not(None)
        )
        task = {} if recurring is None else {"task": _one(recurring.c.task_key, recurring.c.job_id == key)}
        return {"tail": tail, "next_try": _one(func.min(tries.c.id), is_later), **task}

    def _scheduled(self) -> Source:
        at, processes = self.tables[SCHEDULED].c, self.tables["processes"].c
        arguments = func.coalesce(self.tables["jobs"].c.arguments, "")
        has_run = and_(arguments.like(_COUNTED.format("%")), not_(arguments.like(_COUNTED.format("0"))))

        def is_due(now: Any) -> Condition:  # noqa: ANN401 - the moment's time
            return func.coalesce(at.scheduled_at <= self.times.to_store(now), true())

        states: dict[State, Rule] = {
            State.RETRYING: lambda _: has_run,
            State.PENDING: lambda moment: and_(not_(has_run), is_due(moment.now)),
            State.SCHEDULED: lambda moment: and_(not_(has_run), not_(is_due(moment.now))),
        }
        source = self._source(SCHEDULED, None, scheduled=at.scheduled_at)
        dispatcher = _one(func.max(processes.last_heartbeat_at), processes.kind == "Dispatcher")
        return replace(
            source, states=states, lanes=frozenset({"scheduled"}), extra={**source.extra, "dispatcher": dispatcher}
        )

    def _finish(self, row: Row, job: Job) -> Job:
        """Add the arguments, the error and how often the job has run, and what to know of it."""
        is_lost = "stands" in row
        began = job.state in (State.PROCESSING, State.COMPLETED, State.FAILED) and not is_lost
        job, ended = tell_call(job, row[PAYLOAD], self.summaries, is_whole=row[IS_WHOLE])
        # A row that was tried again is one try; the row of the last try counts them all.
        ended = 0 if row["next_try"] else count_executions(row["tail"] or "") if ended is None else ended
        told = {
            f"the recurring task {row.get('task')!a} made it": row.get("task"),
            f"it failed and was tried again as job {row['next_try']}": row["next_try"],
            f"it waits for a seat of its concurrency key: {row.get('free') or 0} are free": "free" in row,
            "no Dispatcher beats, which makes due jobs ready: start one with bin/jobs": self._is_left(row, job),
            _LOST: is_lost,
        }
        remarks = (*job.remarks, *(words for words, is_so in told.items() if is_so))
        error = read_error(row["error"]) if row.get("error") else None
        return replace(job, attempts=0 if ended is None else ended + began, remarks=remarks, error=error)

    def _is_left(self, row: Row, job: Job) -> bool:
        """Tell whether a job has been due for a minute and nobody beats that would make it ready."""
        if "dispatcher" not in row or job.scheduled_at is None or job.scheduled_at > row[NOW] - timedelta(minutes=1):
            return False
        beat = self.times.from_store(row["dispatcher"])
        return beat is None or beat < row[NOW] - SILENT

    def _read_tries(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        """Return the earlier rows of a job, each of which is a try that failed; its error is not kept."""
        jobs, tries = self.tables["jobs"], self.tables["jobs"].alias("tries")
        same = tries.c.active_job_id == _one(jobs.c.active_job_id, jobs.c.id == key[0])
        chosen = select(tries.c.finished_at).where(same, tries.c.id < key[0], tries.c.finished_at.is_not(None))
        found = connection.execute(chosen.order_by(tries.c.id).limit(_MOST_TRIES)).scalars()
        ends = enumerate(map(self.times.from_store, found), 1)
        return tuple(Attempt(place, "retried", None, None, None, ended) for place, ended in ends)


def read_error(text: str) -> JobError:
    """Return the error of a failed execution; of a text that is cut only its class and message."""
    try:
        told = json.loads(text)
        name, message, lines = (told.get(one) for one in ("exception_class", "message", "backtrace"))
        trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    except (ValueError, AttributeError, RecursionError):
        found = _ERROR_HEAD.match(text)
        name, message = (
            ("", text) if found is None else (one and json.loads(one, strict=False) for one in found.groups())
        )
        trace = ""
    return JobError(Untrusted(str(name or "")), Untrusted(str(message or "")), Untrusted(trace))


def _one(at: Any, where: Condition) -> Any:  # noqa: ANN401 - columns
    """Return a value of another table beside each row."""
    return select(at).where(where).scalar_subquery()
