"""SAQ on PostgreSQL: a row a job, whose message in JSON holds what the columns do not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, and_, case, cast, false, func, literal, not_, null, or_, select  # fmt: skip  # isort: skip

from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.saq.message import (
    HEAD_BYTES,
    RUNS,
    TIMEOUT_S,
    TTL_S,
    in_order,
    read_message,
    spans_of,
    tell,
)
from queuetui.backends.foreign.saq.message_text import (
    has_word,
    number_in,
    numbers_of,
    only_number_in,
    worker_as_written,
    worker_in,
)
from queuetui.backends.foreign.saq.recognition import JOBS
from queuetui.backends.foreign.saq.words import ABSENT, RECURS, TRIED_AGAIN, WARNINGS
from queuetui.backends.payloads.stored_values import object_of
from queuetui.backends.reading.refusals import RUNS_TWICE
from queuetui.backends.reading.usual_lacks import usual_reasons
from queuetui.backends.sql.catalog import Catalog, StoredTable, describe_unreadable
from queuetui.backends.sql.stored_types import as_table
from queuetui.backends.tables.changes import deleting, setting
from queuetui.backends.tables.codecs import EPOCH_MS, EPOCH_S, WHOLE
from queuetui.backends.tables.product import Change, LockedRow, Product, Sides, Statements
from queuetui.backends.tables.source import Condition, Field, Moment, ReadRow, Rule, Source
from queuetui.model.act import Verb
from queuetui.model.clock import from_us
from queuetui.model.job import Job
from queuetui.model.payload import SummaryPaths
from queuetui.model.state import PUT_OFF, WAITING, State
from queuetui.model.stuck import is_over_limit
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

_SOURCE, _SQL = "job", "postgresql"
# A worker says for how long it counts as live: a second more than it beats by itself.
_BEATS_LAST_S = 11
_MOST_WORKERS = 1_000
_ENDED = {"complete": State.COMPLETED, "failed": State.FAILED, "aborted": State.CANCELLED}
_BEGUN = ("active", "aborting")
_OF_RUNS = ("completed", "started", "progress", "result", "scheduled", "attempts", "error", "worker_id")
_FUNCTION = r'^\{"function": ?"([^"]+)"'
# What PostgreSQL keeps of the name of a channel that is written as an identifier, as SAQ does.
_CHANNEL_BYTES = 63
# Of no more the server reads the time in each message for a page that nobody sorted.
_USUALLY_SORTED_ROWS = 5_000
_ABSENT = ABSENT | {
    "key": "a job of SAQ is told from others by its id alone, which is its key",
    "worker": "which worker runs a job stands in its message, and is shown with it",
}
_REASONS = usual_reasons("SAQ", workers="SAQ deletes its registrations of workers itself once they have expired")
_UNTRIED = "it is only read: these are not the tables of SAQ 0.26, with which this was tried"
# Of a message a page reads so much: it would else fetch a million bytes for each of its jobs.
LISTED_BYTES = 65_536
_LONG = f"its message has more than {LISTED_BYTES:,} bytes and is read where the job is opened"
_UNWRITABLE = "its message is not stored as JSON, so it cannot be written again here; see to it in the application"
_RUNS_ON = "its message says that its time is not over, so its worker may be alive"
_ASKED = "it was asked to end already: its worker does so within about a second, else the sweep once its time is over"
_TOLD = "its worker is asked to end it, and does so within about a second; where it has died, the sweep does once the time is over"
_FOR_EVER = (
    "without timeout and heartbeat SAQ never takes its run for dead: whether it still runs is told by its age alone"
)
_GROUPED = "one of a group: it waits while another of it runs"


def describe(found: tuple[StoredTable, StoredTable | None], _: Catalog, options: BackendOptions) -> Product:
    """Return the queues of a table of jobs."""
    jobs, stats = found
    is_tried = frozenset(jobs.columns) == JOBS and stats is not None
    workers = stats if stats is not None and stats.is_readable else None
    saq = SaqTables(as_table(jobs, _SQL), None if workers is None else as_table(workers, _SQL), options.summaries)
    is_usual = jobs.name == "saq_jobs"
    return Product(
        "saq-pg", "SAQ", (saq.source(),), saq.changes(),
        tables=", ".join(one.written for one in (jobs, workers) if one is not None), absent=_ABSENT,
        reasons=_REASONS, warnings=WARNINGS, missing_states={State.BLOCKED: "SAQ has no jobs that wait for others"},
        name=(jobs.schema or "") if is_usual else jobs.written, is_visible=jobs.is_visible,
        sides=Sides(workers=None if workers is None else saq.workers), worker_command=("saq", "MODULE.SETTINGS"),
        unseen_workers=describe_unreadable([] if stats is None else [stats]),
    ).only_read("" if is_tried else _UNTRIED)  # fmt: skip


@dataclass(frozen=True)
class SaqTables:
    """A table of jobs and that of its workers."""

    jobs: Table
    registered: Table | None
    summaries: SummaryPaths

    @cached_property
    def _numbers(self) -> ColumnElement[str]:
        return numbers_of(self.jobs)

    def _number(self, name: str, usual: int | None = None) -> ColumnElement[Any]:
        return number_in(self._numbers, name, usual)

    def _held(self) -> ColumnElement[Any]:
        """Return until when SAQ's sweep leaves a run alone, NULL where it always does or that is not told."""
        spans = (("started", self._number("timeout", TIMEOUT_S)), ("touched", self._number("heartbeat", 0)))
        return func.least(*(self._number(at) + func.nullif(span, 0) * 1_000 for at, span in spans))

    def source(self) -> Source:
        """Return the jobs."""
        row = self.jobs.c
        is_run, is_over = row.status.in_(_BEGUN), row.status.in_(tuple(_ENDED))
        function = func.substring(func.encode(func.substr(row.job, 1, 1_000), "escape"), _FUNCTION)
        times = {name: self._number(name) for name in ("queued", "started", "touched", "completed")}
        # What all are ordered by: SAQ writes it of each job.
        times["queued"] = only_number_in(row.job, "queued", times["queued"])
        return Source(
            name=_SOURCE, rows=self.jobs, key=(Field(row.key),),
            fields={
                "id": Field(row.key),
                "type": Field(func.coalesce(function, "?")),
                "queue": Field(row.queue),
                "priority": Field(row.priority, WHOLE),
                "attempts": Field(self._number("attempts", 0), WHOLE),
                "max_attempts": Field(self._number("retries", RUNS), WHOLE),
                "created": Field(times["queued"], EPOCH_MS),
                "scheduled": Field(case((or_(is_run, is_over), None), else_=row.scheduled), EPOCH_S),
                "started": Field(times["started"], EPOCH_MS),
                "updated": Field(times["touched"], EPOCH_MS),
                "completed": Field(case((is_over, times["completed"]), else_=None), EPOCH_MS),
            },
            states=self._states(),
            rev=(row.status, row.scheduled, func.md5(row.job)),
            held=Field(self._held(), EPOCH_MS),
            extra={"message": func.substr(row.job, 1, HEAD_BYTES + 1), "status": row.status, "group": row.get("group_key", null())},
            heads={"message": LISTED_BYTES},
            finish=self._finish,
            cancelling=row.status == "aborting",
            usually_sorted_rows=_USUALLY_SORTED_ROWS,
        )  # fmt: skip

    def _states(self) -> Mapping[State, Rule]:
        row = self.jobs.c
        is_later: Callable[[Moment], Condition] = lambda moment: and_(  # noqa: E731 - a rule
            row.status.not_in((*_BEGUN, *_ENDED)), row.scheduled > EPOCH_S.to_store(moment.now)
        )
        # Most of what waits has never run, and does not have this word at all.
        has_run = and_(has_word(row.job, "attempts"), func.coalesce(self._number("attempts") > 0, false()))
        return {
            State.PENDING: lambda moment: and_(row.status.not_in((*_BEGUN, *_ENDED)), not_(is_later(moment))),
            State.PROCESSING: lambda _: row.status.in_(_BEGUN),
            **{state: self._is(word) for word, state in _ENDED.items()},
            State.SCHEDULED: lambda moment: and_(is_later(moment), not_(has_run)),
            State.RETRYING: lambda moment: and_(is_later(moment), has_run),
        }

    def _is(self, word: str) -> Rule:
        return lambda _: self.jobs.c.status == word

    def _finish(self, row: ReadRow, job: Job) -> Job:
        """Add what the message says, where it is read whole."""
        said, problem = read_message(row["message"])
        if said is None:
            is_cut = len(row["message"] or b"") == LISTED_BYTES + 1
            return replace(job, remarks=(*job.remarks, _LONG if is_cut else problem))
        return replace(tell(job, said, self.summaries), remarks=(*job.remarks, *_remarks(row, job, said)))

    def workers(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the workers whose registration has not expired, with what each runs."""
        if self.registered is None:
            return ()
        at, row = self.registered.c, self.jobs.c
        name = worker_in(row.job)
        runs = (
            select(name.label("name"), func.count().label("busy"))
            .where(row.status.in_(_BEGUN))
            .group_by(name)
            .subquery()
        )
        up_ms = func.substring(cast(at.stats, Text), '"uptime": ?([0-9]+)')
        chosen = (
            select(at.worker_id, at.queue_key, at.expire_at, up_ms, func.coalesce(runs.c.busy, 0))
            .select_from(self.registered.outerjoin(runs, runs.c.name == worker_as_written(at.worker_id)))
            .where(at.expire_at >= EPOCH_S.to_store(moment.now)).order_by(at.worker_id).limit(_MOST_WORKERS)
        )  # fmt: skip
        return tuple(_worker(*one) for one in connection.execute(chosen))

    def changes(self) -> tuple[Change, ...]:
        """Return the verbs."""
        running = frozenset({State.PROCESSING})
        ended = frozenset({State.FAILED, State.CANCELLED})
        again = self._telling(setting(_anew))
        return (
            Change(Verb.RETRY, _SOURCE, ended | PUT_OFF, again, refusal=_why_not_written),
            Change(
                Verb.RELEASE, _SOURCE, running, self._telling(setting(_anew, only_stuck=True)),
                only_stuck=True, note=RUNS_TWICE, refusal=_why_not_released,
            ),
            Change(Verb.CANCEL, _SOURCE, WAITING, _abort, refusal=_why_not_written),
            Change(Verb.CANCEL, _SOURCE, running, setting(_ask_to_end), note=_TOLD, refusal=_why_not_asked),
            Change(Verb.DELETE, _SOURCE, WAITING | ended | {State.COMPLETED}, deleting),
        )  # fmt: skip

    def _telling(self, write: Callable[[LockedRow], Statements]) -> Callable[[LockedRow], Statements]:
        """Return a change after which the workers are told, as they may listen and not poll."""

        def change(locked: LockedRow) -> Statements:
            yield from write(locked)
            yield select(func.pg_notify(literal(_channel(locked.row["queue"])), "saq:enqueue"))
            return None

        return change


def _remarks(row: ReadRow, job: Job, said: Mapping[str, Any]) -> Iterator[str]:
    if row["status"] == "aborting":
        yield _ASKED
    if job.state is State.PROCESSING and not spans_of(said):
        yield _FOR_EVER
    if job.state in WAITING:
        if said.get("error"):
            yield TRIED_AGAIN
        if row["group"]:
            yield _GROUPED
    if job.ref.id.startswith("cron:"):
        yield RECURS


def _written(locked: LockedRow) -> dict[str, Any] | None:
    """Return a message that is JSON, None for any other."""
    return object_of(bytes(locked.row["message"]))


def _why_not_written(locked: LockedRow) -> str:
    return _UNWRITABLE if _written(locked) is None else ""


def _why_not_released(locked: LockedRow) -> str:
    """Return why a run is left alone, by its whole message and not by what the server found in its text."""
    job, now, said = locked.job, locked.moment.now, _written(locked)
    if said is None:
        return _UNWRITABLE
    is_past = job.lease_until is not None and job.lease_until < now
    is_over = is_past if spans_of(said) else is_over_limit(job, now, locked.moment.limits)
    return "" if is_over else _RUNS_ON


def _why_not_asked(locked: LockedRow) -> str:
    return _ASKED if locked.row["status"] == "aborting" else _why_not_written(locked)


def _anew(locked: LockedRow) -> dict[str, Any]:
    """Return what SAQ writes of a job that is enqueued, as if it had never run."""
    kept = {name: value for name, value in (_written(locked) or {}).items() if name not in _OF_RUNS}
    message = kept | {"touched": _now_ms(locked), "status": "queued"}
    return {"job": in_order(message), "status": "queued", "scheduled": _now_ms(locked) // 1_000, "expire_at": None}


def _ask_to_end(locked: LockedRow) -> dict[str, Any]:
    message = (_written(locked) or {}) | {
        "status": "aborting",
        "error": "aborted by an operator",
        "touched": _now_ms(locked),
    }
    return {"job": in_order(message), "status": "aborting"}


def _abort(locked: LockedRow) -> Statements:
    """End a job that waits as SAQ's own abort does; one without a ttl goes at once."""
    said, now_ms = _written(locked) or {}, _now_ms(locked)
    ttl = said.get("ttl", TTL_S)
    if not isinstance(ttl, int) or ttl < 0:
        return (yield from deleting(locked))
    message = said | {"status": "aborted", "error": "aborted by an operator", "completed": now_ms, "touched": now_ms}
    values = {"job": in_order(message), "status": "aborted", "expire_at": now_ms // 1_000 + ttl if ttl else None}
    return (yield from setting(lambda _: values)(locked))


def _channel(queue: str) -> str:
    """Return the channel of a queue, cut as the server cuts the one that its workers listen on."""
    return f"saq:{queue}".encode()[:_CHANNEL_BYTES].decode(errors="ignore")


def _now_ms(locked: LockedRow) -> int:
    return int(locked.moment.now.timestamp() * 1_000)


def _worker(name: str, queue: str | None, end_s: int, up_ms: str | None, busy: int) -> WorkerInfo:
    """Return a worker, whose last beat assumes SAQ's usual interval between beats."""
    beat_us = (end_s - _BEATS_LAST_S) * 1_000_000
    return WorkerInfo(
        Untrusted(name), Untrusted(""), None, Untrusted(""), (Untrusted(queue or ""),), slots=None, busy=busy,
        started_at=from_us(beat_us - int(up_ms or 0) * 1_000), beat_at=from_us(beat_us), registration_ends=True,
    )  # fmt: skip
