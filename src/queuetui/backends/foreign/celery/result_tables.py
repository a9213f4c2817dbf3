"""The two tables that results of Celery's tasks stand in, a row a task, whatever its state.

One is that of Celery's own database backend, the other that of django-celery-results.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import cached_property, partial
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    LargeBinary,
    Sequence,
    Table,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
)

from queuetui.backends.foreign.celery.stored_sets import DJANGO, SOURCES, ZONE
from queuetui.backends.foreign.celery.words import UNCOUNTED, UNNAMED, UNRUN
from queuetui.backends.payloads.celery_result import CHORD_ERROR, ENDED, IN_TASK, CeleryResult, read_columns
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.codecs import PLAIN, WHOLE, Codec, utc_codec
from queuetui.backends.tables.source import Condition, Field, ReadRow, Rule, Source
from queuetui.model.job import Job
from queuetui.model.payload import SUMMARY_CAP_CHARS, SummaryPaths
from queuetui.model.state import FINAL, State
from queuetui.model.text import Untrusted, sanitize

_HEAD_BYTES = 65_536
# The type of a task whose name is not stored.
_UNNAMED = "?"
_PACKED = ("result", "args", "kwargs")
_STATES = {
    State.COMPLETED: "SUCCESS", State.FAILED: "FAILURE", State.CANCELLED: "REVOKED", State.RETRYING: "RETRY", State.PENDING: "PENDING",
}  # fmt: skip
_NOT_RUN = ("PENDING", "REVOKED")


@dataclass(frozen=True)
class ResultTable:
    """One of them."""

    stored: StoredTable
    dialect: str
    # That of times without one.
    zone: tzinfo
    summaries: SummaryPaths
    # Given an id and what holds for tasks that ended, the condition that a message at the broker tells of the task; None without one.
    at_broker: Callable[[ColumnElement[str], Condition], Condition] | None = None

    @property
    def name(self) -> str:
        """What its source is called."""
        return SOURCES[self.stored.name]

    @property
    def is_django(self) -> bool:
        """Whether django-celery-results made it."""
        return self.stored.name == DJANGO

    @cached_property
    def table(self) -> Table:
        """The table; Celery itself takes ids from a sequence where the database has them."""
        table = as_table(self.stored, self.dialect)
        if not self.is_django:
            key: Column[int] = Column("id", BigInteger, Sequence("task_id_sequence"), primary_key=True)
            table.append_column(key, replace_existing=True)
        return table

    @cached_property
    def times(self) -> Codec:
        """How times stand in it."""
        return utc_codec(self.stored.columns["date_done"], self.dialect, self.zone)

    def _column(self, name: str) -> Column[Any] | None:
        """Return a column by what Celery calls it, None where the table has none."""
        return self.table.c.get(f"task_{name}" if self.is_django and name in ("name", "args", "kwargs") else name)

    @cached_property
    def _status(self) -> ColumnElement[str]:
        return func.coalesce(self.table.c.status, "PENDING")

    def source(self) -> Source:
        """Return its rows; beside a broker those alone whose message is gone."""
        row, status = self.table.c, self._status
        ended, retries = status.in_(ENDED), self._column("retries")
        is_run = and_(not_(ended), status.not_in(("PENDING", "RETRY")))
        runs = literal(1) if retries is None else func.coalesce(retries, 0) + 1
        started = self._column("date_started")
        unrun = self._unrun(status)
        texts = {name: self._column(name) for name in ("name", "queue", "worker")}
        return Source(
            name=self.name, rows=self.table, key=(Field(row.id, WHOLE),),
            fields={
                "id": Field(row.task_id, folds=self.stored.columns["task_id"].folds),
                "type": Field(literal(_UNNAMED) if texts["name"] is None else func.coalesce(texts["name"], _UNNAMED)),
                "queue": Field(literal("") if texts["queue"] is None else func.coalesce(texts["queue"], "")),
                "attempts": Field(case((or_(status.in_(_NOT_RUN), unrun), 0), else_=runs), WHOLE),
                # The time of the last word stands in one column, whatever the state.
                "started": Field(case((status == "STARTED", row.date_done), else_=None) if started is None else started, self.times),
                "updated": Field(case((is_run, row.date_done), else_=None), self.times),
                "completed": Field(case((ended, row.date_done), else_=None), self.times),
                **({} if texts["worker"] is None else {"worker": Field(texts["worker"], PLAIN)}),
            },
            states={**self._settled(), State.PROCESSING: lambda _: is_run},
            rev=(row.status, row.date_done),
            hidden=self._hidden(status, ended),
            texts={"traceback": row.traceback},
            extra=self._extra(),
            finish=self._finish, zone_setting=ZONE,
        )  # fmt: skip

    def _unrun(self, status: ColumnElement[str]) -> Condition:
        """Return what holds for the rest of a failed chain and the body of a failed chord.

        Of a chain that is told with result_extended alone.
        """
        name, worker = self._column("name"), self._column("worker")
        is_rest = false() if name is None or worker is None else and_(name.is_not(None), worker.is_(None))
        trace = func.coalesce(self.table.c.traceback, "")
        is_body = and_(
            trace.contains(f".{CHORD_ERROR}: ", autoescape=True), not_(trace.contains(IN_TASK, autoescape=True))
        )
        return and_(status == "FAILURE", or_(is_rest, is_body))

    def _hidden(self, status: ColumnElement[str], ended: Condition) -> Condition | None:
        """Return what is shown where its message stands."""
        if self.at_broker is None:
            return None
        return or_(status.in_(("PENDING", "RETRY")), self.at_broker(self.table.c.task_id, ended))

    def _settled(self) -> dict[State, Rule]:
        """Return the states that a word of Celery's own tells; any other is the application's word for a run."""
        kept = _STATES if self.at_broker is None else {state: _STATES[state] for state in FINAL}
        return {state: partial(lambda word, _: self._status == word, word) for state, word in kept.items()}

    def _extra(self) -> dict[str, ColumnElement[Any]]:
        plain = {name: self._column(name) for name in ("status", "retries", "content_encoding", "periodic_task_name")}
        packed = {f"raw_{name}": self._head(self._column(name)) for name in _PACKED}
        return {name: at for name, at in (plain | packed).items() if at is not None}

    def _head(self, at: Column[Any] | None) -> ColumnElement[Any] | None:
        if at is None:
            return None
        return func.substr(at, 1, _HEAD_BYTES, type_=None if self.is_django else LargeBinary)

    def result_of(self, row: ReadRow) -> CeleryResult:
        """Return what a row says."""
        told = {name: row.get(name) for name in ("status", "traceback", "retries") if name in row}
        name = row.get("type")
        named = {"name": None if name == _UNNAMED else name, "queue": row.get("queue"), "worker": row.get("worker")}
        in_base64 = row.get("content_encoding") == "binary"
        raw = {name: _bytes(row.get(f"raw_{name}"), in_base64=in_base64) for name in _PACKED}
        return read_columns({**told, **named, **raw})

    def _finish(self, row: ReadRow, job: Job) -> Job:
        """Add what the columns that are serialised say."""
        result, period = self.result_of(row), row.get("periodic_task_name")
        call, payload, _ = result.read_call()
        is_told = call != _UNNAMED
        is_error = job.state in (State.FAILED, State.RETRYING)
        remarks = (
            *job.remarks,
            *(() if is_told else (UNNAMED,)),
            *(() if result.retries is not None or job.attempts == 0 else (UNCOUNTED,)),
            *((UNRUN,) if result.is_unrun else ()),
            *((f"made by the schedule '{sanitize(period)}'",) if period else ()),
        )  # fmt: skip
        return replace(
            job,
            payload=Untrusted(payload),
            data=self._summary(result, payload) if is_told else None,
            error=result.error if is_error else None,
            result=result.returned if job.state is State.COMPLETED else None,
            progress=result.returned if job.state is State.PROCESSING else None,
            remarks=remarks,
        )

    def _summary(self, result: CeleryResult, payload: str) -> Untrusted | None:
        if result.call is not None:
            return summarise_call(result.call[0], payload, self.summaries)
        words = (str(result.said.get(name) or "")[1:-1].rstrip(",") for name in ("args", "kwargs"))
        return Untrusted(", ".join(filter(None, words))[:SUMMARY_CAP_CHARS]) or None


def _bytes(value: object, *, in_base64: bool) -> bytes | None:
    raw = value.encode() if isinstance(value, str) else value
    if not isinstance(raw, bytes | bytearray | memoryview):
        return None
    try:
        return base64.b64decode(bytes(raw)) if in_base64 else bytes(raw)
    except ValueError:
        return bytes(raw)
