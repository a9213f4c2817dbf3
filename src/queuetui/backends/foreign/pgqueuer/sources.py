"""Where PgQueuer's jobs stand: live ones are rows, ended ones the last steps in the log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, Text, case, false, func, literal, select

from queuetui.backends.foreign.pgqueuer.jobs import PARTS, finish_job, finish_record, read_attempts
from queuetui.backends.tables.codecs import WHOLE, ZONED, UuidValue
from queuetui.backends.tables.source import PAYLOAD, DecodedFields, Field, Rule, Source
from queuetui.model.job import RECORD_ONLY, Attempt
from queuetui.model.state import State

JOB, LOG, _ID = "job", "log", re.compile(r"[0-9]{1,18}", re.ASCII)
# A live worker beats every half of this, the default of its `heartbeat_timeout`.
_RIVAL = "another job with its dedupe key waits or runs, and PgQueuer lets one alone"
_SILENT = timedelta(seconds=30)


@dataclass(frozen=True)
class JobsAndLog:
    """The table of jobs, its log, and the labels of their status."""

    jobs: Table
    log: Table
    labels: tuple[str, ...]

    def jobs_left(self) -> Source:
        """Return the jobs that have not ended."""
        job = self.jobs.c
        tries, key, headers = (job.get(name, literal(None)) for name in ("attempts", "dedupe_key", "headers"))
        ran = case((self._is(job, "picked", "failed"), 1), else_=0)
        rivals = self.jobs.alias().c
        is_active = self._is(rivals, "queued", "picked") & (rivals.id != job.id)
        rival = select(rivals.id).where(rivals.get("dedupe_key", literal(None)) == key, is_active).exists()
        return Source(
            JOB, self.jobs, (Field(job.id, WHOLE),),
            fields={
                **self._named(job.id, job), "worker": Field(job.queue_manager_id, UuidValue()), "key": Field(key),
                "attempts": Field(func.greatest(self._steps("count", job.id, "picked"), func.coalesce(tries, 0) + ran), WHOLE),
                "created": Field(job.created, ZONED), "scheduled": Field(job.execute_after, ZONED), "updated": Field(job.updated, ZONED),
                "started": Field(case((self._is(job, "picked"), job.updated), else_=self._steps("max", job.id, "picked")), ZONED),
                "completed": Field(case((self._is(job, "failed"), job.updated), else_=None), ZONED),
            },
            states=self._states(job, tries), rev=(job.status, tries, job.priority, job.updated, job.queue_manager_id, job.execute_after),
            held=Field(job.heartbeat + literal(_SILENT), ZONED), key_orders=frozenset({"created"}),
            texts={PAYLOAD: job.payload, **{name: self._said(job.id, name) for name in PARTS}},
            extra={"headers": headers.cast(Text), "rival": case((self._is(job, "failed") & rival, _RIVAL), else_=None)},
            finish=finish_job, attempts=lambda connection, key: self._attempts(connection, select(literal(key[0]))),
            by_id=lambda text: job.id == int(text) if _ID.fullmatch(text) else false(),
        )  # fmt: skip

    def records(self) -> Source:
        """Return the log entries of jobs that ended; steps of others are hidden."""
        record, of = self.log.c, self.log.alias().c
        has_ended = ~self._is(record, "queued", "picked", "failed")
        return Source(
            LOG, self.log, (Field(record.id, WHOLE),),
            fields={
                **self._named(record.job_id, record), "attempts": Field(self._steps("count", record.job_id, "picked"), WHOLE),
                "started": Field(self._steps("max", record.job_id, "picked"), ZONED),
                "completed": Field(record.created, ZONED), "updated": Field(record.created, ZONED),
            },
            states={
                State.COMPLETED: lambda _: self._is(record, "successful"),
                State.FAILED: lambda _: self._is(record, "exception"),
                State.CANCELLED: lambda _: ~self._is(record, "successful", "exception"),
            },
            rev=(record.status,), hidden=~has_ended, lanes=frozenset({"completed", "updated"}),
            decoded=DecodedFields(frozenset({"created"})),
            texts={name: record.traceback[name].astext for name in PARTS},
            extra={"status": record.status.cast(Text), "made_at": self._steps("min", record.job_id)},
            finish=finish_record, read_only=RECORD_ONLY,
            attempts=lambda connection, key: self._attempts(connection, select(of.job_id).where(of.id == key[0])),
            by_id=lambda text: (record.job_id == int(text)) & has_ended if _ID.fullmatch(text) else false(),
        )  # fmt: skip

    def _named(self, job_id: ColumnElement[Any], row: Any) -> dict[str, Field]:  # noqa: ANN401 - columns of a table
        name = Field(row.entrypoint)
        return {"id": Field(job_id.cast(Text)), "queue": name, "type": name, "priority": Field(row.priority, WHOLE)}

    def _is(self, row: Any, *words: str) -> ColumnElement[bool]:  # noqa: ANN401 - columns of a table
        found: ColumnElement[bool] = row.status.in_([word for word in words if word in self.labels])
        return found

    def _states(self, job: Any, tries: ColumnElement[Any]) -> Mapping[State, Rule]:  # noqa: ANN401 - columns of a table
        waits, is_first = self._is(job, "queued"), func.coalesce(tries, 0) == 0
        return {
            State.PENDING: lambda moment: waits & is_first & (job.execute_after <= moment.now),
            State.SCHEDULED: lambda moment: waits & is_first & (job.execute_after > moment.now),
            State.RETRYING: lambda _: waits & ~is_first,
            State.PROCESSING: lambda _: self._is(job, "picked"),
            State.FAILED: lambda _: self._is(job, "failed", "exception"),
            State.COMPLETED: lambda _: self._is(job, "successful"),
            State.CANCELLED: lambda _: self._is(job, "canceled", "deleted"),
        }

    def _steps(self, what: str, job_id: ColumnElement[Any], *words: str) -> ColumnElement[Any]:
        """Return what a function makes of the times of a job's steps in the log."""
        steps = self.log.alias().c
        chosen = select(getattr(func, what)(steps.created)).where(steps.job_id == job_id)
        return (chosen.where(self._is(steps, *words)) if words else chosen).scalar_subquery()

    def _said(self, job_id: ColumnElement[Any], place: str) -> ColumnElement[Any]:
        """Return what the last error in the log says."""
        steps, told = (log := self.log.alias()).c, log.c.traceback[place]
        chosen = select(told.astext).where(steps.job_id == job_id, told.is_not(None))
        return chosen.order_by(steps.created.desc(), steps.id.desc()).limit(1).scalar_subquery()

    def _attempts(self, connection: Connection, job_ids: Select[Any]) -> tuple[Attempt, ...]:
        step = self.log.c
        chosen = select(step.status.cast(Text), step.created, step.traceback.cast(Text)).where(step.job_id.in_(job_ids))
        return tuple(read_attempts(map(tuple, connection.execute(chosen.order_by(step.created, step.id).limit(1_000)))))
