"""What a row of PgQueuer says that no column does: its error, its payload and its attempts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from queuetui.backends.payloads.any_bytes import read_any_bytes, read_beginning
from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.source import PAYLOAD, ReadRow
from queuetui.model.job import RECORD_ONLY, Attempt, Job, JobError
from queuetui.model.payload import SUMMARY_CAP_CHARS
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize

PARTS = ("exception_type", "exception_message", "traceback")
_OUTCOMES = {"successful": "completed", "canceled": "cancelled", "deleted": "cancelled"}


def finish_job(row: ReadRow, job: Job) -> Job:
    """Add the last error of a job that failed or tries again, and its payload where that is no JSON."""
    remarks = list(job.remarks)
    if row.stored_payload:
        read = read_beginning if PAYLOAD in row.cut else read_any_bytes
        text, told = read(bytes(row.stored_payload))
        if told:
            job = replace(job, payload=Untrusted(text), data=Untrusted(text[:SUMMARY_CAP_CHARS]))
            remarks.append(told)
    if row["headers"] not in (None, "null", "{}"):
        remarks.append(f"its headers: {sanitize(row['headers'], 200)}")
    return replace(_with_error(row, job), remarks=tuple(remarks))


def finish_record(row: ReadRow, job: Job) -> Job:
    """Tell that only a record is left, with the error it ended with."""
    told = (RECORD_ONLY, "it was deleted, by hand or with its queue") if row["status"] == "deleted" else (RECORD_ONLY,)
    return replace(_with_error(row, job), created_at=row["made_at"], remarks=(*job.remarks, *told))


def _with_error(row: ReadRow, job: Job) -> Job:
    has_failed = job.state in (State.FAILED, State.RETRYING) and row[PARTS[0]]
    return replace(job, error=JobError(*(Untrusted(row[part]) for part in PARTS))) if has_failed else job


def read_attempts(steps: Iterable[tuple[str, datetime, str | None]]) -> Iterator[Attempt]:
    """Yield the runs that a log tells of, step by step.

    A run that was taken back from its worker was lost.
    """
    began: datetime | None = None
    number = 0
    for status, at, traceback in steps:
        said = read_object(traceback)
        is_back = status == "picked" or (status == "queued" and not said)
        if began is not None:
            outcome = "lost" if is_back else "retry" if status == "queued" else _OUTCOMES.get(status, "failed")
            error = JobError(*(Untrusted(str(said.get(part) or "")) for part in PARTS)) if said else None
            yield Attempt(number, outcome, error, None, began, None if is_back else at)
        began, number = (at, number + 1) if status == "picked" else (None, number)
