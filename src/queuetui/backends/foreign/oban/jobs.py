"""What a row of oban_jobs says that no column does: its error, its result and notes for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from queuetui.backends.payloads.containers import BASE64
from queuetui.backends.payloads.decoder import Decoder
from queuetui.backends.payloads.elixir_exception import read_elixir_exception
from queuetui.backends.payloads.erlang_terms import ERLANG
from queuetui.backends.payloads.python_traceback import FIRST_LINE, read_long_traceback
from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.source import ReadRow
from queuetui.model.counted import counted
from queuetui.model.job import Job, JobError
from queuetui.model.state import State
from queuetui.model.text import Untrusted, sanitize

_TERMS = Decoder((BASE64,), (ERLANG,))
_SNOOZED = "it put itself off {} (snoozed), which Oban takes from its count of attempts"
_RESCUED = "Oban took it back {} from a worker that had it for too long (rescued)"


def finish(row: ReadRow, job: Job) -> Job:
    """Add the last error, the recorded result, the tags, and remarks."""
    meta = read_object(row["meta"])
    remarks = [*job.remarks, *_remarks(row, job, meta)]
    tags = tuple(Untrusted(tag) for tag in row["tags"] or () if tag is not None)
    if meta.get("recorded") is True and row["return"] and "return" not in row.cut:
        read = _TERMS.decode(row["return"].encode())
        job = replace(job, result=Untrusted(read.text or row["return"]))
        remarks += [f"its result is shown as it is stored: {read.problem}"] if read.problem else []
    if meta.get("encrypted") is True:
        job = replace(job, data=Untrusted("encrypted"))
    error = read_error(row["error"], row["error_end"]) if job.state in (State.FAILED, State.RETRYING) else None
    return replace(job, error=error, tags=tags, remarks=tuple(remarks))


def read_error(text: str, end: str) -> JobError | None:
    """Return an error of either language, of a text that may be cut and its end."""
    return read_elixir_exception(text) or read_long_traceback(text, end)


def _remarks(row: ReadRow, job: Job, meta: dict[str, Any]) -> Iterator[str]:
    for name, told in (("snoozed", _SNOOZED), ("rescued", _RESCUED)):
        if isinstance(meta.get(name), int) and meta[name]:
            yield told.format(counted(meta[name], "time"))
    if meta.get("cron") is True:
        yield f"the cron entry {sanitize(str(meta.get('cron_expr')), 60)} made it"
    if meta.get("encrypted") is True:
        yield "its arguments are encrypted by Oban Pro: only its application can read them"
    if job.state is State.CANCELLED and row["error"].strip():
        yield _told_last(row["error"], row["error_end"])


def _told_last(text: str, end: str) -> str:
    """Return what the last run of a cancelled job left: its error, or why it cancelled itself."""
    failed = read_error(text, end) if FIRST_LINE in text else None
    if failed is None:
        return f"its run ended with the reason: {sanitize(text.strip(), 200)}"
    return f"its last run that failed told {sanitize(failed.class_name, 100)}: {sanitize(failed.message, 200)}"
