"""Makes jobs that people can read of Laravel's rows: what their payloads and exceptions say."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from queuetui.backends.foreign.laravel.refusals import PAST
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.payloads.laravel_payload import CommandState, LaravelPayload, is_uuid, read_payload, seconds_of
from queuetui.backends.payloads.laravel_summary import DEFAULT_SUMMARY_PATHS, summarise, values_at
from queuetui.backends.payloads.php_exception import read_chain, read_exception
from queuetui.backends.payloads.php_values import PhpArray, to_json
from queuetui.backends.tables.source import ReadRow
from queuetui.model.clock import from_us
from queuetui.model.job import Job, JobError
from queuetui.model.payload import DEFAULT_SUMMARY, SUMMARY_CAP_CHARS, SummaryPaths, paths_for
from queuetui.model.query import Term
from queuetui.model.query_match import holds, is_among
from queuetui.model.text import Untrusted, sanitize

MESSAGE, EXCEPTION = "message", "exception"
_DEFAULT_TRIES = 1
# In the trace of a job that a worker gives up before it runs it.
_GIVEN_UP = "Worker->markJobAsFailedIfAlreadyExceedsMaxAttempts("


def read_message(row: ReadRow) -> LaravelPayload:
    """Read the payload of a row as far as it was fetched."""
    return read_payload(row[MESSAGE], cut=MESSAGE in row.cut, brief=row.is_brief)


@dataclass(frozen=True, slots=True)
class JobReader:
    """Adds to the jobs of one application what their rows say inside their texts."""

    settings: LaravelSettings
    summaries: SummaryPaths

    def read_waiting(self, row: ReadRow, job: Job) -> Job:
        """Return a job of the table of those that wait or run."""
        payload = read_message(row)
        job = self._read(row, job, payload, payload.uuid)
        remarks = remarks_on(payload, row.now)
        made_at = created_at(payload)
        if made_at is None and job.attempts:
            remarks.append("created is when Laravel last put the row there: a release or a retry makes a new one")
        return replace(
            job,
            created_at=made_at or job.created_at,
            claimed_at=job.started_at,
            # A job with a deadline is tried until then.
            max_attempts=None if payload.retry_until else payload.max_tries or None,
            remarks=(*job.remarks, *remarks),
        )

    def read_failed(self, row: ReadRow, job: Job) -> Job:
        """Return a job of the table of those that were given up."""
        payload = read_message(row)
        uuid = None if row["uuid"] is None else str(row["uuid"])
        job = self._read(row, job, payload, uuid if is_uuid(uuid) else payload.uuid)
        attempts, how = _guess_attempts(payload, row[EXCEPTION])
        remarks = [*remarks_on(payload, row.now), how]
        if self.settings.zone_note and job.completed_at is not None:
            remarks.append(self.settings.zone_note)
        if row["connection"] not in self.settings.connections:
            remarks.append(say_elsewhere(row, self.settings))
        return replace(
            job,
            attempts=attempts,
            max_attempts=payload.max_tries or None,
            error=None if row.is_brief else error_of(row[EXCEPTION]),
            created_at=created_at(payload),
            remarks=(*job.remarks, *remarks),
        )

    def _read(self, row: ReadRow, job: Job, payload: LaravelPayload, uuid: str | None) -> Job:
        job_id = uuid if uuid is not None and is_uuid(uuid) else job.ref.id
        told = replace(job, ref=replace(job.ref, id=job_id), payload_whole=MESSAGE not in row.cut and not row.is_brief)
        return self.add_payload(told, payload, row[MESSAGE], row.now, brief=row.is_brief)

    def add_payload(self, job: Job, payload: LaravelPayload, stored: str, now: datetime, *, brief: bool = False) -> Job:
        """Return a job with what its payload says, which is stored as the text; `brief`: nobody looks into it."""
        return replace(
            job,
            type=Untrusted(payload.type),
            payload=_shown_payload(stored, payload),
            data=None if brief else self.data(payload),
            expired_at=_expired_at(payload, now),
            tags=tuple(map(Untrusted, payload.tags)),
        )

    def data(self, payload: LaravelPayload) -> Untrusted | None:
        """Return the line of the data column."""
        if payload.command_state is CommandState.ENCRYPTED:
            return Untrusted("(encrypted)")
        subject = payload.subject
        if subject is None:
            return None
        configured = paths_for(payload.type, self.summaries)
        line = summarise(subject, DEFAULT_SUMMARY_PATHS if configured is DEFAULT_SUMMARY else configured)
        return Untrusted(line[:SUMMARY_CAP_CHARS]) if line else None


def say_elsewhere(row: ReadRow, settings: LaravelSettings) -> str:
    """Say that a failure belongs to another store."""
    name = sanitize(str(row["connection"]), 60)
    return f"it failed on the queue connection {name!r}, which is not {settings.home}: it cannot be retried here"


def _shown_payload(stored: str, payload: LaravelPayload) -> Untrusted:
    """Show the payload with its command as JSON; as stored where the command cannot be read whole."""
    data = payload.fields.get("data")
    if payload.command_state is not CommandState.READ or payload.command is None or not isinstance(data, dict):
        return Untrusted(stored)
    shown = payload.fields | {"data": data | {"command": to_json(payload.command.root)}}
    return Untrusted(json.dumps(shown, ensure_ascii=False))


def error_of(exception: str) -> JobError:
    """Return the error that an exception written as text tells of."""
    found = read_exception(exception)
    return JobError(Untrusted(found.class_name), Untrusted(found.message), Untrusted(found.traceback))


def _guess_attempts(payload: LaravelPayload, exception: str) -> tuple[int, str]:
    """Return a guess of the attempts of a failed job, and in words what it rests on.

    Laravel drops the counter with the row; only its Redis driver leaves one in the payload, as before the job was taken last.
    """
    counted = counted_runs(payload)
    if counted is not None and _GIVEN_UP in exception:
        return counted, "attempts are what the payload says: the worker that took it last gave it up without a run"
    if counted is not None:
        return counted + 1, "attempts are what the payload says, and the run that failed"
    tries = payload.max_tries or _DEFAULT_TRIES
    return tries, "attempts are what it was allowed: Laravel does not keep how often a failed job ran"


def counted_runs(payload: LaravelPayload) -> int | None:
    """Return the runs that a payload counts, None where it counts none."""
    counted = payload.fields.get("attempts")
    is_count = isinstance(counted, int) and not isinstance(counted, bool) and 0 <= counted < 2**31
    return counted if is_count and isinstance(counted, int) else None


def remarks_on(payload: LaravelPayload, now: datetime) -> list[str]:
    """Return what to beware of in a job, by its payload."""
    remarks = [] if payload.problem is None else [str(sanitize(payload.problem))]
    if payload.command_state is CommandState.ENCRYPTED:
        remarks.append("its data is encrypted with the application's key and cannot be shown")
    if _expired_at(payload, now) is not None:
        remarks.append(PAST)
    if payload.batch_uuid is not None:
        remarks.append(f"member of batch {payload.batch_uuid}: deleting it leaves the batch pending for ever")
    if payload.command is not None:
        chained = payload.command.find("chained")
        if isinstance(chained, PhpArray) and chained.items:
            remarks.append(f"head of a chain: {len(chained.items):,} more jobs live only inside it and go with it")
        if payload.command.find("uniqueFor") is not None or payload.command.find("uniqueId") is not None:
            remarks.append("a unique job: deleting it leaves its lock in the cache until that runs out")
    return remarks


def _expired_at(payload: LaravelPayload, now: datetime) -> datetime | None:
    until = payload.retry_until
    return _time(until) if until and until < int(now.timestamp()) else None


def created_at(payload: LaravelPayload) -> datetime | None:
    """Return when the job was first dispatched, which newer versions and Horizon write into the payload."""
    told = (seconds_of(payload.fields.get(name)) for name in ("createdAt", "pushedAt"))
    return next((from_us(round(at * 1_000_000)) for at in told if at is not None), None)


def _time(at_s: int) -> datetime:
    return from_us(at_s * 1_000_000)


def also_means(term: Term, row: ReadRow, job: Job) -> bool:
    """Tell whether a term, its negation left aside, holds for a job in what Laravel means by it."""
    match term.field:
        case "type":
            # A class is known by its short name too.
            return is_among(term, [job.type.raw.rpartition("\\")[2]])
        case "error" | "word":
            causes = () if job.error is None else read_chain(job.error.traceback.raw)
            wrapped = (
                replace(job, error=JobError(Untrusted(one.class_name), Untrusted(one.message), Untrusted("")))
                for one in causes
            )
            return any(holds(term, one, row.now, lambda _: False) for one in wrapped)
        case "payload" if term.path:
            payload = read_payload(row[MESSAGE], cut=MESSAGE in row.cut)
            inside = replace(term, path=("data", "command", *term.path))
            if term.path[0] not in payload.fields and holds(inside, job, row.now, lambda _: False):
                return True
            return payload.subject is not None and is_among(term, values_at(payload.subject, term.path))
    return False
