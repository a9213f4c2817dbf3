"""django-tasks-db: tasks of Django's own framework, each a row whose status tells all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Integer, Table, Text, and_, case, cast, func, literal, not_, or_

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.django_tasks.recognition import TRIED
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_traceback
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.reading.zones import read_zone
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import WHOLE, ZONED, Codec, utc_codec, uuid_codec
from queuetui.backends.tables.product import Change, Product
from queuetui.backends.tables.source import PAYLOAD, Condition, Field, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.job import Job, JobError
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_SOURCE, _ZONE = "task", "django-tasks-db.timezone"
# What stands in run_after where a task is due at once: times from here on are none.
_AT_ONCE = datetime(9999, 1, 1, tzinfo=UTC)
_NEVER = datetime(9998, 12, 31, tzinfo=UTC)
# The words of its releases; those before the last are read alone.
_READY, _RUNNING, _FAILED = ("READY", "NEW"), ("RUNNING",), ("FAILED",)
_SUCCESSFUL = ("SUCCESSFUL", "SUCCEEDED", "COMPLETE")
_OLD = timedelta(minutes=10)
_ABSENT = lacking("Django", "key", "correlation_id", "lost", "tag", jobs="tasks") | {
    "worker": "the workers of a task stand in a list, of which the last is shown",
    "max_attempts": "Django's tasks are run once: nothing tries them again by itself",
}
_REASONS = {
    **usual_reasons(
        "django-tasks-db", pauses="Django's tasks cannot be paused; stop the db_worker of the queue",
        schedules="Django's tasks have no recurring ones", limits="django-tasks-db has no limits but the number of its workers",
    ),
    Verb.CANCEL: "django-tasks-db keeps no cancelled tasks: delete one that waits; one that runs cannot be stopped",
}  # fmt: skip
_NO_BEAT = "django-tasks-db stores no beat of its workers and takes no run back"
_WARNINGS = {
    Verb.RETRY: "the task begins anew: its error and the ids of its workers are taken out of its row",
    Verb.RELEASE: f"{_NO_BEAT}: make sure that the task's worker is dead, or the task runs twice",
    Verb.DELETE: "django-tasks-db keeps no copy of a deleted task",
}
_AGED = f"{_NO_BEAT}: whether this one still runs is told by its age alone"
_UNTRIED = "it is only read: this is not the table of django-tasks-db 0.13, with which this was tried"


def describe(found: StoredTable, catalog: Catalog, options: BackendOptions) -> Product:
    """Return the queue of one table."""
    zone, is_tried = read_zone(options.settings, _ZONE), frozenset(found.columns) == TRIED
    django = DjangoTasks(found, catalog.dialect, zone, options.summaries)
    return django.describe().only_read("" if is_tried else _UNTRIED)


@dataclass(frozen=True)
class DjangoTasks:
    """One table of tasks, the language of its database, and the zone of times that name none."""

    stored: StoredTable
    dialect: str
    zone: tzinfo
    summaries: SummaryPaths

    @cached_property
    def table(self) -> Table:
        """The table."""
        return as_table(self.stored, self.dialect)

    def _at(self, time: datetime) -> Any:  # noqa: ANN401 - whatever the column holds
        return self.times.to_store(time)

    @cached_property
    def times(self) -> Codec:
        """How times stand in all columns."""
        return utc_codec(self.stored.columns["run_after"], self.dialect, self.zone)

    @property
    def _no_delay(self) -> Any:  # noqa: ANN401 - whatever the column holds
        """What stands in run_after of a task without delay.

        Workers look for exactly this, which no zone changes.
        """
        wall = _AT_ONCE.replace(tzinfo=None)
        return _AT_ONCE if self.times == ZONED else str(wall) if self.dialect == "sqlite" else wall

    def describe(self) -> Product:
        """Return the queue of the table."""
        return Product(
            "django-tasks-db", "django-tasks-db", (self._source(),), self._changes(),
            tables=self.stored.written,
            absent=_ABSENT, reasons=_REASONS, warnings=_WARNINGS,
            missing_states={State.CANCELLED: _REASONS[Verb.CANCEL]},
            name=self.stored.schema or "", is_visible=self.stored.is_visible,
            worker_command=("python", "manage.py", "db_worker", "--queue-name", "{queue}"),
        )  # fmt: skip

    def _source(self) -> Source:
        row = self.table.c
        # Nothing stands there up to django-tasks 0.6.
        no_delay: Condition = or_(row.run_after.is_(None), row.run_after >= self._at(_NEVER))
        texts = {
            name: cast(row[name], Text) if name in row else literal("")
            for name in ("return_value", "exception_class_path", "traceback", "worker_ids")
        }
        return Source(
            name=_SOURCE, rows=self.table, key=(Field(row.id, uuid_codec(self.stored.columns["id"], self.dialect)),),
            fields={
                "id": Field(row.id, uuid_codec(self.stored.columns["id"], self.dialect)),
                "type": Field(row.task_path),
                "queue": Field(row.queue_name, folds=self.stored.columns["queue_name"].folds),
                "priority": Field(row.priority, WHOLE),
                "attempts": Field(self._runs(), WHOLE),
                "created": Field(row.enqueued_at, self.times),
                "scheduled": Field(case((no_delay, row.enqueued_at), else_=row.run_after), self.times),
                "started": Field(row.started_at, self.times),
                "completed": Field(row.finished_at, self.times),
            },
            states=self._states(no_delay),
            rev=(row.status, row.priority, row.run_after, row.started_at, row.finished_at),
            texts={PAYLOAD: cast(row.args_kwargs, Text), **texts},
            finish=self._finish, zone_setting=_ZONE,
        )  # fmt: skip

    def _states(self, no_delay: Condition) -> Mapping[State, Rule]:
        row = self.table.c

        def is_due(moment: Moment) -> Condition:
            return or_(no_delay, row.run_after <= self._at(moment.now))

        return {
            State.PENDING: lambda moment: and_(row.status.in_(_READY), is_due(moment)),
            State.SCHEDULED: lambda moment: and_(row.status.in_(_READY), not_(is_due(moment))),
            State.PROCESSING: lambda _: row.status.in_(_RUNNING),
            State.COMPLETED: lambda _: row.status.in_(_SUCCESSFUL),
            State.FAILED: lambda _: row.status.in_(_FAILED),
        }

    def _runs(self) -> ColumnElement[Any]:
        """Return how many workers have taken a task: each writes its id behind the others."""
        if "worker_ids" not in self.table.c:
            return case((self.table.c.started_at.is_not(None), 1), else_=0)
        ids = self.table.c.worker_ids
        if self.dialect == "postgresql":
            return case((func.jsonb_typeof(ids) == "array", func.jsonb_array_length(ids)), else_=0)
        if self.dialect == "mysql":
            return cast(func.json_length(ids), Integer)
        return case((func.json_valid(ids), cast(func.json_array_length(ids), Integer)), else_=0)

    def _finish(self, row: ReadRow, job: Job) -> Job:
        """Add the error, the result, the worker, and what the arguments say."""
        error = None
        if job.state is State.FAILED and (row["exception_class_path"] or row["traceback"]):
            read = read_traceback(row["traceback"])
            name = Untrusted(row["exception_class_path"].rpartition(".")[2])
            error = replace(read, class_name=name) if read else JobError(name, Untrusted(""), Untrusted(""))
        is_run = job.state is State.PROCESSING
        is_old = is_run and job.started_at is not None and job.started_at < row.now - _OLD
        return replace(
            job,
            data=summarise_call(job.type.raw, job.payload.raw, self.summaries) if job.payload_whole else job.data,
            error=error,
            result=Untrusted(row["return_value"]) if job.state is State.COMPLETED and row["return_value"] else None,
            worker=_last_of(row["worker_ids"]) if is_run else None,
            remarks=(*job.remarks, _AGED) if is_old else job.remarks,
        )

    def _changes(self) -> tuple[Change, ...]:
        anew = {"status": "READY", "started_at": None, "finished_at": None, "exception_class_path": "", "traceback": ""}
        nobody: Any = [] if self.dialect == "postgresql" else "[]"
        # A retried task is due now, which tells since when it waits; a released one gets its old turn.
        again = setting(lambda locked: {**anew, "worker_ids": nobody, "run_after": self._at(locked.moment.now)})
        due_now = setting(lambda locked: {"run_after": self._at(locked.moment.now)})
        at_once = setting(lambda _: {**anew, "run_after": self._no_delay})
        ended = frozenset({State.PENDING, State.SCHEDULED, State.COMPLETED, State.FAILED})
        return (
            Change(Verb.RETRY, _SOURCE, frozenset({State.FAILED}), again),
            Change(Verb.RETRY, _SOURCE, frozenset({State.SCHEDULED}), due_now),
            Change(
                Verb.RELEASE, _SOURCE, frozenset({State.PROCESSING}), at_once,
                only_stuck=True, note="if its worker still lives, the task runs twice",
            ),
            Change(Verb.DELETE, _SOURCE, ended, deleting),
        )  # fmt: skip


def _last_of(ids: str) -> Untrusted | None:
    """Return the last of a list of ids."""
    try:
        found = json.loads(ids or "[]")
    except ValueError:
        return None
    return Untrusted(str(found[-1])) if isinstance(found, list) and found else None
