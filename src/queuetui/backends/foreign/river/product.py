"""River 0.43, by its source: one row per job, with its state, its errors and who took it.

It stores no workers and no beats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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
    false,
    func,
    literal,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, array

from queuetui.backends.base import BackendOptions
from queuetui.backends.payloads.error_entries import read_error_entries
from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import deleting, moving, setting
from queuetui.backends.tables.codecs import WHOLE, ZONED, Later
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.source import PAYLOAD, Column, Condition, Field, Key, Moment, ReadRow, Rule, Source
from queuetui.model.act import Act, Verb
from queuetui.model.clock import to_text
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import FINAL, LIVE, PUT_OFF, WAITING, State
from queuetui.model.text import Untrusted

_LIVE, _ENDED, _ASKED, _RESCUED = "live", "ended", "cancel_attempted_at", "river:rescue_count"
_FINAL = ("completed", "discarded", "cancelled")
# River's own: RescueStuckJobsAfter is the usual JobTimeout of a minute and an hour.
_RESCUE = timedelta(hours=1, minutes=1)
_BY_KEY = frozenset({"created"})
_MOST = 1_000_000
_ABSENT = {
    "key": "River stores no unique key in clear",
    "name": "River's jobs carry no names beside their kinds",
    "correlation_id": "River's jobs carry no correlation id",
    "updated": "River does not store when a job was last changed",
}
_OLD = "its tables are not those of River's migrations 6 and 7, which alone are described, so it is only read"
_REASONS = usual_reasons(
    "River", events="River keeps no record of what happened to a job but its errors",
    limits="River's limits are those of its clients, in the application's code",
)  # fmt: skip
_WARNINGS = {
    Verb.RETRY: "a job with a unique key is refused by the database where another one has it",
    Verb.CANCEL: "a job that runs is told by NOTIFY: it ends once its own code heeds its context",
    Verb.DELETE: "River keeps no copy of a deleted job",
    Verb.RELEASE: "River stores no workers: make sure that the job's worker is dead, or the job runs twice",
}
_TOLD = "its client was told; the job becomes cancelled once its own code ends the run, or River rescues it"
_STAGED = "it waits for the next free worker already"
_RELEASED = "released by queuetui: its worker was taken for dead"


def describe(stored: Mapping[str, StoredTable], _: Catalog, __: BackendOptions) -> Product:
    """Return the queue of one set of tables."""
    jobs, river = stored["river_job"], River(stored)
    labels = jobs.columns["state"].labels or ()
    has_queues = "river_queue" in stored and stored["river_queue"].columns.keys() >= {"name", "paused_at", "updated_at"}
    is_old = "pending" not in labels or "unique_states" not in jobs.columns or not has_queues
    return Product(
        "river", "River", river.sources(labels), river.changes(),
        tables=", ".join(one.written for name, one in stored.items() if name in ("river_job", "river_queue")),
        absent=_ABSENT, missing_states={State.BLOCKED: "River has pending jobs since its migration 4"},
        reasons=_REASONS, warnings=_WARNINGS, name=jobs.schema or "",
        is_visible=jobs.is_visible, sides=Sides(pauses=river.pauses if has_queues else None),
        queue_changes={Verb.PAUSE: river.switch, Verb.RESUME: river.switch},
    ).only_read(_OLD if is_old else "")  # fmt: skip


@dataclass(frozen=True)
class River:
    """One set of tables."""

    stored: Mapping[str, StoredTable]

    @cached_property
    def jobs(self) -> Table:
        """The jobs."""
        return as_table(self.stored["river_job"], "postgresql")

    @cached_property
    def queues(self) -> Table:
        """The queues that clients have made rows of."""
        return as_table(self.stored["river_queue"], "postgresql")

    def sources(self, labels: tuple[str, ...]) -> tuple[Source, ...]:
        """Return what the rows mean of jobs that go on, which an index leads to, and of those that ended."""
        rows, state = self._source(labels), self.jobs.c.state
        going = rows.part(_LIVE, state.in_([label for label in labels if label not in _FINAL]), LIVE)
        return going, replace(rows.part(_ENDED, state.in_(_FINAL), FINAL), key_orders=_BY_KEY)

    def _source(self, labels: tuple[str, ...]) -> Source:
        job, runs = self.jobs.c, self.jobs.c.state == "running"
        errors: Any = func.to_jsonb(job.errors, type_=JSONB)
        return Source(
            _LIVE, self.jobs, (Field(job.id, WHOLE),),
            fields={
                "id": Field(job.id, WHOLE), "queue": Field(job.queue), "type": Field(job.kind), "priority": Field(job.priority, WHOLE),
                "attempts": Field(job.attempt, WHOLE), "max_attempts": Field(job.max_attempts, WHOLE),
                "lost": Field(self._count(_RESCUED), WHOLE), "created": Field(job.created_at, ZONED),
                "worker": Field(case((runs, job.attempted_by[func.cardinality(job.attempted_by)]), else_=null())),
                "scheduled": Field(job.scheduled_at, ZONED), "started": Field(job.attempted_at, ZONED),
                "completed": Field(job.finalized_at, ZONED),
            },
            states=self._states(labels), held=Field(job.attempted_at, Later(ZONED, _RESCUE)),
            rev=(job.state.cast(Text), job.attempt, job.max_attempts, job.attempted_at, job.scheduled_at, job.metadata[_ASKED].astext),
            texts={
                PAYLOAD: job.args.cast(Text), "error": errors[-1]["error"].astext, "trace": errors[-1]["trace"].astext,
                "output": job.metadata["output"].cast(Text),
            },
            extra={
                "tags": job.tags, "stored": job.state.cast(Text), "asked": job.metadata[_ASKED].astext,
                "snoozes": self._count("snoozes"), "conflict": job.metadata["unique_key_conflict"].astext,
            },
            finish=_finish, attempts=self._read_runs, cancelling=and_(runs, job.metadata[_ASKED].astext.is_not(None)),
        )  # fmt: skip

    def _count(self, name: str) -> Column:
        """Return a count of River's own in a job's metadata, where an application may write too."""
        value = self.jobs.c.metadata[name]
        number = cast(func.least(value.astext.cast(Numeric), _MOST), Integer)
        return case((func.jsonb_typeof(value) == "number", number), else_=0)

    def _states(self, labels: tuple[str, ...]) -> dict[State, Rule]:
        job = self.jobs.c

        def at(*states: str) -> Condition:
            return job.state.in_([state for state in states if state in labels])

        def is_ahead(moment: Moment) -> Condition:
            return and_(at("scheduled"), func.coalesce(job.scheduled_at > moment.now, false()))

        has_run = func.coalesce(job.attempt > 0, false())
        blocked: dict[State, Rule] = {State.BLOCKED: lambda _: at("pending")} if "pending" in labels else {}
        return {
            State.PENDING: lambda moment: and_(
                at("available", "scheduled"), ~and_(at("available"), has_run), ~is_ahead(moment)
            ),
            State.SCHEDULED: is_ahead,
            State.RETRYING: lambda _: at("retryable") | and_(at("available"), has_run),
            **blocked,
            State.PROCESSING: lambda _: at("running"),
            State.COMPLETED: lambda _: at("completed"),
            State.FAILED: lambda _: at("discarded"),
            State.CANCELLED: lambda _: at("cancelled"),
        }

    def _read_runs(self, connection: Connection, key: Key) -> tuple[Attempt, ...]:
        entries: Any = func.to_jsonb(self.jobs.c.errors, type_=JSONB)
        text = connection.scalar(select(entries.cast(Text)).where(self.jobs.c.id == key[0])) or "[]"
        return read_error_entries(text, lambda one: _error(str(one.get("error") or ""), str(one.get("trace") or "")))

    def changes(self) -> tuple[Change, ...]:
        """Return what each verb does."""
        job, waits, running = self.jobs.c, WAITING | {State.BLOCKED}, frozenset({State.PROCESSING})
        # A job whose attempts are used up is never taken.
        free = {
            "state": "available",
            "max_attempts": func.greatest(job.max_attempts, job.attempt + 1),
            "finalized_at": None,
        }

        def again(locked: LockedRow) -> Mapping[str, Any]:
            return {**free, "scheduled_at": locked.moment.now}

        def asked(locked: LockedRow) -> Mapping[str, Any]:
            return {
                "metadata": func.jsonb_set(job.metadata, array([_ASKED]), literal(to_text(locked.moment.now), JSONB))
            }

        def cancelled(locked: LockedRow) -> Mapping[str, Any]:
            return {"state": "cancelled", "finalized_at": locked.moment.now, **asked(locked)}

        def released(locked: LockedRow) -> Mapping[str, Any]:
            entry = {"at": to_text(locked.moment.now), "attempt": locked.job.attempts, "error": _RELEASED, "trace": ""}
            return {**again(locked), "errors": func.array_append(job.errors, literal(entry, JSONB))}

        def tell(locked: LockedRow) -> Statements:
            yield from setting(asked)(locked)
            yield self._control(action="cancel", job_id=locked.place.key[0], queue=locked.job.queue.raw)
            return None

        return (
            Change(Verb.RETRY, _ENDED, FINAL, moving(setting(again), _LIVE)),
            Change(Verb.RETRY, _LIVE, PUT_OFF, setting(again), refusal=_why_kept),
            Change(Verb.CANCEL, _LIVE, waits, moving(setting(cancelled), _ENDED)),
            Change(Verb.CANCEL, _LIVE, running, tell, note=_TOLD),
            Change(Verb.RELEASE, _LIVE, running, setting(released), only_stuck=True, note=_WARNINGS[Verb.RELEASE]),
            *(Change(Verb.DELETE, name, states, deleting) for name, states in ((_LIVE, waits), (_ENDED, FINAL))),
        )

    def _control(self, **told: Any) -> Any:  # noqa: ANN401 - JSON, and a statement
        """Return the statement that tells all clients of a schema what was done."""
        parts = [part for name, value in told.items() for part in (name, value)]
        message = func.json_build_object(*parts).cast(Text)
        return select(func.pg_notify(f"{self.jobs.schema}.river_control", message))

    def pauses(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that clients have made rows of, and since when some are paused."""
        rows = connection.execute(select(self.queues.c.name, self.queues.c.paused_at))
        return tuple(uncounted_queue(name, ZONED.from_store(since)) for name, since in rows)

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Pause or resume a queue, and tell its clients."""
        row, is_pause = self.queues.c, act.verb is Verb.PAUSE
        found = connection.execute(select(row.paused_at).where(row.name == queue).with_for_update()).first()
        if found is None:
            return "River has no row of this queue: a client that works on it makes one", ""
        if (found[0] is not None) == is_pause:
            return PAUSED_ALREADY[act.verb], ""
        values = {"paused_at": moment.now if is_pause else None, "updated_at": moment.now}
        connection.execute(update(self.queues).where(row.name == queue).values(values))
        connection.execute(self._control(action=act.verb.value, queue=queue))
        return "", "jobs that run go on" if is_pause else ""


def _error(text: str, trace: str) -> JobError | None:
    """Return an error: those of Go have no class."""
    return JobError(Untrusted(""), Untrusted(text), Untrusted(trace)) if text or trace else None


def _finish(row: ReadRow, job: Job) -> Job:
    """Add the last error, the recorded output, the tags, and what to know of the job."""
    tags = tuple(Untrusted(tag) for tag in row["tags"] or () if tag is not None)
    asked = _time(row["asked"]) if job.state is State.PROCESSING else None
    told = {
        f"it put itself off {row['snoozes']} times (snoozed), which River takes from its count of attempts": row[
            "snoozes"
        ],
        "River discarded it, as another job had its unique key when it was due": row["conflict"],
        _STAGED: row["stored"] == "available" and job.state is State.RETRYING,
    }
    error = _error(row["error"], row["trace"]) if job.state in (State.FAILED, State.RETRYING) else None
    result = Untrusted(row["output"]) if job.state is State.COMPLETED and row["output"] else None
    remarks = (*job.remarks, *filter(told.get, told))
    return replace(job, error=error, result=result, tags=tags, cancel_requested_at=asked, remarks=remarks)


def _time(written: str | None) -> datetime | None:
    try:
        read = None if written is None else datetime.fromisoformat(written)
    except ValueError:
        return None
    return None if read is None or read.tzinfo is None else ZONED.from_store(read)


def _why_kept(locked: LockedRow) -> str:
    return _STAGED if locked.row["stored"] == "available" else ""
