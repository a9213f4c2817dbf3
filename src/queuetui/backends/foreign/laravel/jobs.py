"""Makes jobs that people can read of Laravel's rows."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from queuetui.backends.foreign.laravel.exception_text import read_exception
from queuetui.backends.foreign.laravel.models import ModelLabels, add_labels
from queuetui.backends.foreign.laravel.payload import CommandState, LaravelPayload, read_payload
from queuetui.backends.foreign.laravel.rows import FailedRow, JobRow, Row, StoredText, is_uuid, job_id_of
from queuetui.backends.foreign.laravel.settings import LaravelSettings
from queuetui.backends.foreign.laravel.states import state_of
from queuetui.backends.foreign.laravel.summary import DEFAULT_SUMMARY_PATHS, summarise
from queuetui.backends.payloads.php_values import PhpArray, to_json
from queuetui.model.act import JobRef
from queuetui.model.clock import EPOCH, from_us
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Job, JobError
from queuetui.model.payload import DEFAULT_SUMMARY, SUMMARY_CAP_CHARS, SummaryPaths, paths_for
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize

_DEFAULT_TRIES = 1
_TRACE_HEAD_CHARS = 4096
_CLOCKS_DIFFER_S = 60
_QUARTER_S = 900


@dataclass(frozen=True, slots=True)
class JobReader:
    """Reads rows of one backend at one time of its clock.

    `brief` leaves out what is inside a command and an exception.
    """

    backend: str
    settings: LaravelSettings
    summaries: SummaryPaths
    now_s: int
    brief: bool = False

    def read(self, row: Row) -> Job:
        """Return the row as a job with all of the payload that was read."""
        payload = self._read_command(row)
        return self._read_waiting(row, payload) if isinstance(row, JobRow) else self._read_failed(row, payload)

    def _read_waiting(self, row: JobRow, payload: LaravelPayload) -> Job:
        state = state_of(row.attempts, row.reserved_at, row.available_at, self.now_s)
        reserved_at = _time(row.reserved_at)
        created_at = _created_at(payload)
        remarks = _remarks(payload, self.now_s)
        if created_at is None:
            created_at = _time(row.created_at)
            if row.attempts > 0:
                remarks.append("created is when Laravel last put the row there: a release or a retry makes a new one")
        return Job(
            ref=JobRef(self.backend, job_id_of(row, payload.uuid), row.rev),
            type=Untrusted(payload.type),
            queue=Untrusted(row.queue),
            state=state,
            payload=_shown_payload(row.payload, payload),
            payload_whole=row.payload.whole and not self.brief,
            data=self._data(payload),
            attempts=row.attempts,
            max_attempts=_attempts_allowed(payload),
            expired_at=_expired_at(payload, self.now_s),
            tags=tuple(map(Untrusted, payload.tags)),
            created_at=created_at,
            scheduled_at=_time(row.available_at),
            claimed_at=reserved_at,
            started_at=reserved_at,
            updated_at=reserved_at or _time(row.created_at),
            remarks=tuple(remarks),
        )

    def _read_failed(self, row: FailedRow, payload: LaravelPayload) -> Job:
        failed_at = _in_utc(row.failed_at, self.settings)
        remarks = _remarks(payload, self.now_s)
        attempts, how = _guess_attempts(payload)
        remarks.append(how)
        ahead = _say_ahead(failed_at, self.now_s)
        if self.settings.zone_note:
            remarks.append(self.settings.zone_note)
        elif ahead:
            remarks.append(ahead)
        elif failed_at is not None and self.settings.timezone is UTC:
            remarks.append("failed_at is the application's own time, taken as UTC; set laravel.timezone if it is not")
        if row.connection not in self.settings.connections:
            name = sanitize(row.connection, 60)
            remarks.append(
                f"it failed on the queue connection {name!r}, which is not this database: it cannot be retried here"
            )
        uuid = row.uuid if is_uuid(row.uuid) else payload.uuid
        return Job(
            ref=JobRef(self.backend, job_id_of(row, uuid), row.rev),
            type=Untrusted(payload.type),
            queue=Untrusted(row.queue),
            state=State.FAILED,
            payload=_shown_payload(row.payload, payload),
            payload_whole=row.payload.whole and not self.brief,
            data=self._data(payload),
            attempts=attempts,
            max_attempts=payload.max_tries or None,
            expired_at=_expired_at(payload, self.now_s),
            error=None if self.brief else _error(row.exception),
            tags=tuple(map(Untrusted, payload.tags)),
            created_at=_created_at(payload),
            completed_at=failed_at,
            updated_at=failed_at,
            remarks=tuple(remarks),
        )

    def name_models(
        self, rows: Sequence[Row], jobs: Sequence[Job], labels: ModelLabels, connection: Connection
    ) -> list[Job]:
        """Return jobs, each made of its row, with what people call their models in place of ids in the data column."""
        named = {
            place: self._read_command(row) for place, row in enumerate(rows) if "ModelIdentifier" in row.payload.text
        }
        documents = {place: payload.command for place, payload in named.items() if payload.command is not None}
        found = labels.find(connection, documents.values()) if documents else {}
        told = list(jobs)
        for place, document in documents.items() if found else ():
            add_labels(document, found)
            told[place] = replace(told[place], data=self._data(named[place]))
        return told

    def _read_command(self, row: Row) -> LaravelPayload:
        return read_payload(row.payload.text, cut=not row.payload.whole, brief=self.brief)

    def _data(self, payload: LaravelPayload) -> Untrusted | None:
        subject = None if self.brief else payload.subject
        if subject is None:
            return None
        configured = paths_for(payload.type, self.summaries)
        paths = DEFAULT_SUMMARY_PATHS if configured is DEFAULT_SUMMARY else configured
        line = summarise(subject, paths)
        return Untrusted(line[:SUMMARY_CAP_CHARS]) if line else None


def cut_for_page(job: Job) -> Job:
    """Return the job with no more of its payload than a page holds."""
    if job.error is not None and len(job.error.traceback) > _TRACE_HEAD_CHARS:
        head = Untrusted(job.error.traceback.raw[:_TRACE_HEAD_CHARS])
        job = replace(job, error=replace(job.error, traceback=head))
    if len(job.payload) <= PAYLOAD_HEAD_CHARS:
        return job
    return replace(job, payload=Untrusted(job.payload.raw[:PAYLOAD_HEAD_CHARS]), payload_whole=False)


def _shown_payload(stored: StoredText, payload: LaravelPayload) -> Untrusted:
    """Show the payload with its command as JSON; as stored where the command cannot be read whole."""
    data = payload.fields.get("data")
    if payload.command_state is not CommandState.READ or payload.command is None or not isinstance(data, dict):
        return Untrusted(stored.text)
    shown = payload.fields | {"data": data | {"command": to_json(payload.command.root)}}
    return Untrusted(json.dumps(shown, ensure_ascii=False))


def _error(exception: StoredText) -> JobError:
    found = read_exception(exception.text)
    return JobError(Untrusted(found.class_name), Untrusted(found.message), Untrusted(found.traceback))


def _guess_attempts(payload: LaravelPayload) -> tuple[int, str]:
    """Laravel drops the counter with the row; only the Redis driver leaves one in the payload."""
    counted = payload.fields.get("attempts")
    if isinstance(counted, int) and not isinstance(counted, bool) and 0 < counted < 2**31:
        return counted, "attempts are what the payload says"
    tries = payload.max_tries or _DEFAULT_TRIES
    return tries, "attempts are what it was allowed: Laravel does not keep how often a failed job ran"


def _remarks(payload: LaravelPayload, now_s: int) -> list[str]:
    remarks = [] if payload.problem is None else [str(sanitize(payload.problem))]
    if payload.command_state is CommandState.ENCRYPTED:
        remarks.append("its data is encrypted with the application's key and cannot be shown")
    if _expired_at(payload, now_s) is not None:
        remarks.append("its retryUntil is past: a worker that takes it fails it at once")
    if is_uuid(payload.batch_id):
        remarks.append(f"member of batch {payload.batch_id}: deleting it leaves the batch pending for ever")
    if payload.command is not None:
        chained = payload.command.find("chained")
        if isinstance(chained, PhpArray) and chained.items:
            remarks.append(f"head of a chain: {len(chained.items)} more jobs live only inside it and go with it")
        if payload.command.find("uniqueFor") is not None or payload.command.find("uniqueId") is not None:
            remarks.append("a unique job: deleting its row leaves its lock in the cache until that runs out")
    return remarks


def _attempts_allowed(payload: LaravelPayload) -> int | None:
    """Return how many attempts a worker allows, None where it counts none.

    A job with a deadline is tried until then.
    """
    return None if payload.retry_until else payload.max_tries or None


def _expired_at(payload: LaravelPayload, now_s: int) -> datetime | None:
    return _time(payload.retry_until) if payload.retry_until and payload.retry_until < now_s else None


def _created_at(payload: LaravelPayload) -> datetime | None:
    """Return when the job was first dispatched, which newer versions write into the payload."""
    at = payload.fields.get("createdAt")
    return _time(at) if isinstance(at, int) and not isinstance(at, bool) and 0 <= at < 2**37 else None


def _time(at_s: int | None) -> datetime | None:
    return None if at_s is None else from_us(at_s * 1_000_000)


def _say_ahead(failed_at: datetime | None, now_s: int) -> str:
    """Say that a failure lies in the future, which a wrong time zone explains.

    Some seconds are the clocks' own difference.
    """
    if failed_at is None:
        return ""
    ahead_s = (failed_at - EPOCH).total_seconds() - now_s
    if ahead_s <= _CLOCKS_DIFFER_S:
        return ""
    # Time zones differ by whole quarters of an hour; the failure itself may be older than it looks.
    quarters = math.ceil((ahead_s - _CLOCKS_DIFFER_S) / _QUARTER_S)
    hours, rest = divmod(quarters, 4)
    return (
        f"failed_at lies in the future by the server's clock: the application's time is ahead by {hours}:{rest * 15:02} h or more; "
        "set laravel.timezone to the application's own time zone, such as Europe/Berlin"
    )


def _in_utc(at: datetime | None, settings: LaravelSettings) -> datetime | None:
    if at is None:
        return None
    try:
        return at.replace(tzinfo=settings.timezone).astimezone(UTC)
    except OverflowError:
        return None
