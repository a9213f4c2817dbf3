"""Rows of jobs and failed_jobs as read, their ids and revisions, and how they are written down to be put back."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, TableClause, null, select

from queuetui.backends.foreign.laravel.row_ids import RowId, read_id, write_id
from queuetui.backends.foreign.laravel.tables import Tables, head_of, size_of
from queuetui.model.errors import Unsupported

JOBS = "job"
FAILED = "failed"
# Where Laravel puts a job that names no queue.
DEFAULT_QUEUE = "default"
WHOLE_BYTES = 16 * 1024 * 1024

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_ROW_ID = re.compile(r"(job|failed)-([\w.~%-]{1,300})", re.ASCII)
# What stands behind the id: attempts and two times, or what the row says.
_REV_PARTS = {JOBS: 3, FAILED: 1}
_LATEST_S = 253_402_300_799  # the last second that a datetime can hold


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text column as far as it was read."""

    text: str
    whole: bool


@dataclass(frozen=True, slots=True)
class JobRow:
    """A row of jobs."""

    row_id: RowId
    queue: str
    payload: StoredText
    attempts: int
    reserved_at: int | None
    available_at: int | None
    created_at: int | None

    @property
    def rev(self) -> str:
        """What an act compares: a worker that takes, releases or delays the job changes it."""
        return f"{JOBS}.{write_id(self.row_id)}.{self.attempts}.{self.reserved_at}.{self.available_at}"


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row of failed_jobs; `failed_at` is in the application's own time zone."""

    row_id: RowId
    uuid: str | None
    connection: str
    queue: str
    payload: StoredText
    exception: StoredText
    failed_at: datetime | None

    @property
    def rev(self) -> str:
        """What an act compares: the row and what it says of the failure."""
        said = "\0".join((self.uuid or "", self.connection, self.queue, str(self.failed_at)))
        return f"{FAILED}.{write_id(self.row_id)}.{hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()[:16]}"


Row = JobRow | FailedRow
Record = RowMapping | dict[str, Any]


def row_of_rev(rev: str) -> tuple[str, str] | None:
    """Return the table and the written row id that a revision names, None for one that was not made here."""
    name, _, rest = rev.partition(".")
    written, *behind = rest.rsplit(".", _REV_PARTS.get(name, 0))
    return (name, written) if name in _REV_PARTS and written and len(behind) == _REV_PARTS[name] else None


def row_of_id(job_id: str) -> tuple[str, str] | None:
    """Return the table and the written row id that an id of `job_id_of` names, None when it is a uuid."""
    found = _ROW_ID.fullmatch(job_id)
    return None if found is None else (found[1], found[2])


def is_uuid(text: str | None) -> bool:
    """Tell a uuid, the one identity that survives retries and releases."""
    return text is not None and _UUID.fullmatch(text) is not None


def job_id_of(row: Row, uuid: str | None) -> str:
    """Return the job's id: its uuid, else where its row stands for now."""
    if uuid is not None and is_uuid(uuid):
        return uuid
    return f"{JOBS if isinstance(row, JobRow) else FAILED}-{write_id(row.row_id)}"


def select_jobs(tables: Tables, dialect: str, size: int, *more: ColumnElement[Any]) -> Select[Any]:
    """Select rows of jobs with the first `size` of their payloads, and more columns behind."""
    jobs = present(tables.jobs)
    return select(
        jobs.c.id,
        jobs.c.queue,
        head_of(jobs.c.payload, dialect, size).label("payload"),
        size_of(jobs.c.payload, dialect).label("payload_size"),
        jobs.c.attempts,
        jobs.c.reserved_at,
        jobs.c.available_at,
        jobs.c.created_at,
        *more,
    )


def select_failed(tables: Tables, dialect: str, size: int, *more: ColumnElement[Any]) -> Select[Any]:
    """Select rows of failed_jobs with the first `size` of their texts, and more columns behind."""
    failed = present(tables.failed)
    return select(
        failed.c.id,
        (failed.c.uuid if tables.failed_has_uuid else null()).label("uuid"),
        failed.c.connection,
        failed.c.queue,
        head_of(failed.c.payload, dialect, size).label("payload"),
        size_of(failed.c.payload, dialect).label("payload_size"),
        head_of(failed.c.exception, dialect, size).label("exception"),
        size_of(failed.c.exception, dialect).label("exception_size"),
        failed.c.failed_at,
        *more,
    )


def read_job(record: Record) -> JobRow:
    """Make a row of jobs of what `select_jobs` returned."""
    return JobRow(
        read_id(record["id"]),
        _text(record["queue"]),
        _stored(record["payload"], record["payload_size"]),
        _whole(record["attempts"]) or 0,
        _whole(record["reserved_at"]),
        _whole(record["available_at"]),
        _whole(record["created_at"]),
    )


def read_failed(record: Record) -> FailedRow:
    """Make a row of failed_jobs of what `select_failed` returned."""
    uuid = record["uuid"]
    return FailedRow(
        read_id(record["id"]),
        None if uuid is None else _text(uuid),
        _text(record["connection"]),
        queue_name(record["queue"]),
        _stored(record["payload"], record["payload_size"]),
        _stored(record["exception"], record["exception_size"]),
        _time(record["failed_at"]),
    )


def write_down(table: TableClause, record: Record) -> str:
    """Return a whole row as JSON, enough to insert it again byte for byte."""
    values = {name: _as_json(value) for name, value in record.items()}
    return json.dumps({"table": table.name, "row": values}, ensure_ascii=True)


def _as_json(value: object) -> object:
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode("ascii")}
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def queue_name(value: object) -> str:
    """Return a queue's name as Laravel takes it: NULL in failed_jobs is the default queue."""
    return DEFAULT_QUEUE if value is None else _text(value)


def queue_key(name: str) -> str:
    """Return what names of queues have in common that a database without regard to case and accents takes for one."""
    plain = unicodedata.normalize("NFKD", name.rstrip(" "))
    return "".join(mark for mark in plain if not unicodedata.combining(mark)).casefold()


def _stored(head: str | bytes | None, size: int | None) -> StoredText:
    if head is None:
        return StoredText("", whole=True)
    whole = size is None or len(head) >= size
    return StoredText(_text(head), whole)


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _whole(value: object) -> int | None:
    """Take an integer that is a time or a counter; SQLite keeps whatever was put into a column."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LATEST_S:
        return value
    return None


def _time(value: object) -> datetime | None:
    """Take a naive time; SQLite hands out text, which may be anything."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    return value.replace(tzinfo=None) if isinstance(value, datetime) else None


def present(table: TableClause | None) -> TableClause:
    """Return the table that was found. Raises Unsupported where none was."""
    if table is None:
        raise Unsupported("Laravel's table for that was not found in this database; name it in the profile")
    return table
