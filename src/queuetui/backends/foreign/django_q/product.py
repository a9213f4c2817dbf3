"""django-q2's tables: signed packages, each with a lock, and the tasks that ended.

A cluster may work on a package until its lock is over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Table,
    Text,
    case,
    cast,
    extract,
    func,
    literal,
    not_,
    null,
    text,
)

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.django_q.recognition import ENDED, PACKAGE, QUEUE, TASK
from queuetui.backends.payloads.containers import ZLIB, open_base64
from queuetui.backends.payloads.decoder import Caps, Decoded, Decoder, Undecodable
from queuetui.backends.payloads.django_signed import DIGITS, SIGNATURE_CHARS, TIME_CHARS, open_signed, signed_at
from queuetui.backends.payloads.pickle_reader import PICKLE
from queuetui.backends.payloads.python_call import summarise_call
from queuetui.backends.payloads.python_traceback import read_traceback
from queuetui.backends.reading.usual_lacks import lacking, usual_reasons
from queuetui.backends.reading.zones import changes_of_clock, offset_of, read_zone
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import WHOLE, ZONED, Codec, utc_codec
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides
from queuetui.backends.tables.schedule_rows import find_schedules
from queuetui.backends.tables.source import Condition, DecodedFields, Field, ReadRow, Source
from queuetui.model.act import JobRef, Verb
from queuetui.model.job import Job, JobError
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import State
from queuetui.model.text import Untrusted

_PACKAGE, _TASK, _ZONE = "ormq", "task", "django-q2.timezone"
# What django-q2 has that django-q, which it went on from, does not.
_NEWER = frozenset({"attempt_count", "cluster"})
# A package is put into its row within moments of being signed, with a lock that is no later.
_ENQUEUED_WITHIN_S = 5
_MOST_CHARS = 1_000_000
# Of how long before and behind now the changes of a clock are known.
_CLOCK_DAYS = (-800, 800)
_PACKED = Decoder((ZLIB,), (PICKLE,))
_TYPES = {
    "O": "once", "H": "hourly", "D": "daily", "W": "weekly", "BW": "biweekly",
    "M": "monthly", "BM": "bimonthly", "Q": "quarterly", "Y": "yearly",
}  # fmt: skip
_FAILURE = " : Traceback (most recent call last):"
_ABSENT = lacking("django-q2", "priority", "key", "lost", "tag", jobs="tasks") | {
    **dict.fromkeys(("started", "running"), "django-q2 does not store when a run began"),
    "worker": "django-q2's clusters tell of themselves in Django's cache alone",
    "max_attempts": "how often a task is tried is in the application's settings (Q_CLUSTER, max_attempts)",
}
_NO_RETRY = "the signed package of a failed task is gone, and only the application can sign another: resubmit it in Django's admin"
_REASONS = {
    **usual_reasons(
        "django-q2", pauses="django-q2 cannot pause a queue; stop its qcluster", schedules="change django-q2's schedules in Django's admin",
        workers="django-q2 stores no workers in the database", limits="django-q2's limits are in the application's settings",
    ),
    Verb.RETRY: _NO_RETRY,
    Verb.CANCEL: "django-q2 keeps no cancelled tasks: delete one that waits; one that runs cannot be stopped",
}  # fmt: skip
_WARNINGS = {
    Verb.RELEASE: "a cluster takes it back by itself once its lock is over; if its worker still lives, the task runs twice",
    Verb.DELETE: "django-q2 keeps no copy of a deleted task",
}
_UNTRIED = "it is only read: these are not the tables of django-q2 1.11, with which this was tried"
_HELD = "a cluster took it: at least one run, more are not counted; it is taken again once its lock is over"
_NO_TIME = "when its package was signed cannot be read, so it is not known what its lock was before; delete it, or wait"


def describe(found: Mapping[str, StoredTable], catalog: Catalog, options: BackendOptions) -> Product:
    """Return the queue of one set of tables."""
    packages, ended = found[QUEUE], found[ENDED]
    is_tried = {*packages.columns} == PACKAGE and {*ended.columns} == TASK | _NEWER
    zone, now = read_zone(options.settings, _ZONE), options.now or datetime.now(UTC)
    django = DjangoQ(packages, ended, catalog.dialect, zone, options.summaries, now)
    return django.describe(found.get("django_q_schedule")).only_read("" if is_tried else _UNTRIED)


@dataclass(frozen=True)
class DjangoQ:
    """One set of tables, the language of their database, and the zone of times that name none.

    `now` is when it is described.
    """

    packages: StoredTable
    ended: StoredTable
    dialect: str
    zone: tzinfo
    summaries: SummaryPaths
    now: datetime

    @cached_property
    def times(self) -> Codec:
        """How times stand in all columns."""
        return utc_codec(self.packages.columns["lock"], self.dialect, self.zone)

    def describe(self, schedules: StoredTable | None) -> Product:
        """Return the queue of the tables; a schedule without repeats left has ended."""
        kept = find_schedules(
            schedules, self.dialect, name=lambda at: Field(func.coalesce(at.name, cast(at.id, Text))), type="func",
            queue="cluster", timing=lambda at: Field(_timing(at)), next_at=lambda at: Field(at.next_run, self.times),
            payload=lambda at: Field(_call_of(at)), last_job_id="task", paused=lambda at: Field(at.repeats == 0),
        )  # fmt: skip
        return Product(
            "django-q2", "django-q2", (self._waiting(), self._over()), self._changes(),
            tables=f"{self.packages.written}, {self.ended.written}",
            absent=_ABSENT, reasons=_REASONS, warnings=_WARNINGS,
            missing_states={
                State.SCHEDULED: "django-q2 enqueues tasks when they are due",
                State.RETRYING: "a task that is tried again is a package whose lock is over",
                State.CANCELLED: _REASONS[Verb.CANCEL],
            },
            name=self.packages.schema or "", is_visible=self.packages.is_visible,
            worker_command=("python", "manage.py", "qcluster"), sides=Sides(schedules=kept),
        )  # fmt: skip

    def _waiting(self) -> Source:
        table = as_table(self.packages, self.dialect)
        row = table.c

        was_taken = func.coalesce(self._was_taken(table), False) == True  # noqa: E712 - a condition of SQL
        return Source(
            name=_PACKAGE, rows=table, key=(Field(row.id, WHOLE),),
            fields={
                "queue": Field(row.key, folds=self.packages.columns["key"].folds),
                "scheduled": Field(case((was_taken, null()), else_=row.lock), self.times),
                "attempts": Field(case((was_taken, 1), else_=0), WHOLE),
            },
            states={State.PENDING: lambda _: not_(was_taken), State.PROCESSING: lambda _: was_taken},
            rev=(row.lock,),
            held=Field(row.lock, self.times),
            extra={"payload": func.substr(cast(row.payload, Text), 1, _MOST_CHARS)},
            finish=self._read_package,
            decoded=DecodedFields(frozenset({"id", "type", "created", "correlation_id"})),
        )  # fmt: skip

    def _was_taken(self, table: Table) -> Condition:
        """Return the condition for a package that a cluster has taken.

        Its lock is later than it was when the package was signed.
        """
        row = table.c
        locked_s = _seconds(row.lock, self.dialect) - (0 if self.times == ZONED else self._offset_s(row.lock))
        taken: Condition = locked_s > self._signed_s(row.payload) + _ENQUEUED_WITHIN_S
        return taken

    def _offset_s(self, lock: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return how far the application's clock was from UTC when it showed a time.

        Of an hour that it shows twice a time is of the first, so that nothing counts as taken that was not.
        """
        since, until = (self.now + timedelta(days=days) for days in _CLOCK_DAYS)
        changes = [*changes_of_clock(self.zone, since, until), (until, offset_of(self.zone, until))]
        ways = [
            (lock < self.times.to_store(at + max(before - after, timedelta(0))), int(before.total_seconds()))
            for (at, before), (_, after) in pairwise(changes)
        ]
        last_s = literal(int(changes[-1][1].total_seconds()))
        return case(*ways, else_=last_s) if ways else last_s

    def _signed_s(self, payload: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return when a package was signed, in seconds since 1970."""
        signed = cast(payload, Text)
        first = func.length(signed) - (SIGNATURE_CHARS + TIME_CHARS)
        terms = [
            (self._place(func.substr(signed, first + n, 1)) - 1)
            * literal(len(DIGITS) ** (TIME_CHARS - 1 - n), BigInteger)
            for n in range(TIME_CHARS)
        ]
        return sum(terms[1:], terms[0])

    def _place(self, digit: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the place of a digit in its alphabet, with regard to case.

        It compares letter by letter, also where the database compares texts without their case.
        """
        if self.dialect == "postgresql":
            return cast(func.strpos(DIGITS, digit), BigInteger)
        if self.dialect == "mysql":
            return func.instr(cast(literal(DIGITS), LargeBinary), cast(digit, LargeBinary))
        return func.instr(DIGITS, digit)

    def _over(self) -> Source:
        table = as_table(self.ended, self.dialect)
        row = table.c
        absent = literal(None, Text())
        return Source(
            name=_TASK, rows=table, key=(Field(row.id),),
            fields={
                "id": Field(row.id),
                "type": Field(row.func),
                "queue": Field(func.coalesce(row.cluster if "cluster" in row else absent, "default")),
                "correlation_id": Field(row.group),
                "attempts": Field(row.attempt_count if "attempt_count" in row else literal(1), WHOLE),
                # The column tells when it was enqueued, whatever its name says.
                "created": Field(row.started, self.times),
                "completed": Field(row.stopped, self.times),
            },
            states={State.COMPLETED: lambda _: row.success.is_(True), State.FAILED: lambda _: row.success.is_not(True)},
            rev=(row.stopped, row.success),
            extra={name: func.substr(cast(row[name], Text), 1, _MOST_CHARS) for name in ("args", "kwargs", "result")},
            finish=self._read_task, zone_setting=_ZONE,
        )  # fmt: skip

    def _read_package(self, row: ReadRow, job: Job) -> Job:
        """Add what the package says, which is signed and not secret."""
        package = row["payload"] or ""
        is_held = job.state is State.PROCESSING
        job = replace(job, created_at=signed_at(package))
        try:
            said = _PACKED.decode(open_signed(package, Caps()))
        except Undecodable as error:
            return replace(job, type=Untrusted("?"), remarks=(*job.remarks, f"its package cannot be read: {error}"))
        told = json.loads(said.text or "{}")
        if not isinstance(told, dict) or "id" not in told:
            problem = said.problem or "it is none of django-q2"
            return replace(job, type=Untrusted("?"), remarks=(*job.remarks, f"its package cannot be read: {problem}"))
        call = told.get("func")
        name = str(call.get("__name__") if isinstance(call, dict) else call)
        payload = _write(told.get("args"), told.get("kwargs"))
        group = told.get("group")
        return replace(
            job,
            ref=JobRef(job.ref.backend, str(told["id"]), job.ref.rev),
            type=Untrusted(name),
            payload=Untrusted(payload),
            data=summarise_call(name, payload, self.summaries),
            correlation_id=Untrusted(str(group)) if group else None,
            remarks=(*job.remarks, _HELD) if is_held else job.remarks,
        )

    def _read_task(self, row: ReadRow, job: Job) -> Job:
        """Add the arguments, the result and the error, each a pickle in base64."""
        args, kwargs, result = (_read_value(row[name]) for name in ("args", "kwargs", "result"))
        payload = _write(_value(args.text), _value(kwargs.text))
        is_failed = job.state is State.FAILED
        return replace(
            job,
            payload=Untrusted(payload),
            data=summarise_call(job.type.raw, payload, self.summaries),
            error=_read_failure(_value(result.text)) if is_failed else None,
            result=Untrusted(result.text) if result.text and not is_failed else None,
            remarks=(*job.remarks, *(f"its {name} cannot be read here: {one.problem}" for name, one in
                     (("args", args), ("kwargs", kwargs), ("result", result)) if one.problem)),
        )  # fmt: skip

    def _changes(self) -> tuple[Change, ...]:
        def as_enqueued(locked: LockedRow) -> Mapping[str, Any]:
            return {"lock": self.times.to_store(locked.job.created_at)}

        taken, ended = frozenset({State.PROCESSING}), frozenset({State.COMPLETED, State.FAILED})
        return (
            Change(
                Verb.RELEASE, _PACKAGE, taken, setting(as_enqueued), only_stuck=True,
                note="if its worker still lives, the task runs twice",
                refusal=lambda locked: _NO_TIME if locked.job.created_at is None else "",
            ),
            Change(Verb.DELETE, _PACKAGE, frozenset({State.PENDING}), deleting),
            Change(Verb.DELETE, _PACKAGE, taken, deleting, only_stuck=True, note="work that still runs was not stopped"),
            Change(Verb.DELETE, _TASK, ended, deleting),
        )  # fmt: skip


def _call_of(at: Any) -> ColumnElement[Any]:  # noqa: ANN401 - the columns of the schedules
    """Return the arguments of a schedule as they are written, NULL where it has none."""
    args, kwargs = (func.nullif(func.nullif(func.nullif(one, ""), "()"), "{}") for one in (at.args, at.kwargs))
    return func.coalesce(args + literal(", ") + kwargs, args, kwargs)


def _timing(at: Any) -> ColumnElement[Any]:  # noqa: ANN401 - the columns of a table
    """Return when a schedule is, as its type says."""
    minutes = literal("every ") + cast(at.minutes, Text) + literal(" minutes")
    return case({**_TYPES, "C": at.cron, "I": minutes}, value=at.schedule_type, else_=at.schedule_type)


def _seconds(at: ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    """Return a time as seconds since 1970, one without a zone as if it were UTC."""
    if dialect == "postgresql":
        return extract("epoch", at)
    if dialect == "mysql":
        return func.timestampdiff(text("second"), "1970-01-01", at)
    return cast(func.strftime("%s", at), BigInteger)


def _read_value(stored: str | None) -> Decoded:
    """Return the pickle that a field of the package django-picklefield holds.

    It is stored in base64, perhaps packed by zlib.
    """
    if not stored:
        return Decoded("")
    try:
        return _PACKED.decode(open_base64(stored.encode("utf-8", "replace")))
    except Undecodable as error:
        return Decoded("", problem=str(error))


def _write(args: object, kwargs: object) -> str:
    return json.dumps({"args": args or [], "kwargs": kwargs or {}}, ensure_ascii=False)


def _value(text: str) -> object:
    return json.loads(text) if text else None


def _read_failure(told: object) -> JobError | None:
    """Return the error of a failure's text: its message, and behind it the traceback."""
    if not isinstance(told, str):
        return None
    _, mark, trace = told.partition(_FAILURE)
    found = read_traceback(mark.removeprefix(" : ") + trace) if mark else None
    return found or JobError(Untrusted(""), Untrusted(told), Untrusted(""))
