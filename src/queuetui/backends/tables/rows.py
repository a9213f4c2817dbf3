"""A row of a source as a job: the columns that are read of it, and what they say."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote

from sqlalchemy import Select, false, func, select, tuple_

from queuetui.backends.reading.zone_doubts import say_ahead
from queuetui.backends.tables.codecs import Whole
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.product import RowPlace
from queuetui.backends.tables.source import (
    DEFAULT_QUEUE,
    NO_STATE,
    PAYLOAD,
    STATES,
    Column,
    Condition,
    Key,
    ReadRow,
    Source,
)
from queuetui.backends.tables.stuck_rows import is_stuck
from queuetui.model.act import JobRef
from queuetui.model.job import UNKNOWN_STATE, Job, shorten
from queuetui.model.payload import summarise_json
from queuetui.model.query import TIME_FIELDS
from queuetui.model.state import State
from queuetui.model.text import Untrusted

# What a page reads of a long text, so that its beginning can be summed up.
HEAD_CHARS = 8 * 1024
_NAMES = {"name": "name", "worker": "worker", "key": "idempotency_key", "correlation_id": "correlation_id"}
# Times that are over, whatever state a job is in.
_OVER = ("created", "started", "completed", "updated")
_HASH_DIGITS = 16
TRACE_HEAD_CHARS = 4096
_ROW_NAME = re.compile(r"([a-z]+)-([\w.~%-]{1,300})", re.ASCII)
Record = Mapping[Any, Any]
_number = Whole().from_store


def columns(source: Source, reading: Reading, chars: int | None = HEAD_CHARS) -> list[Column]:
    """Return the columns that are read of each row; None of `chars`: with whole texts."""
    moment = reading.moment
    found: list[Column] = [part.at.label(f"key_{n}") for n, part in enumerate(source.key)]
    found += [source.state(moment).label("state_"), is_stuck(source, moment).label("stuck_")]
    found += [one.at.label(f"field_{name}") for name, one in source.fields.items()]
    found += [at.label(f"rev_{n}") for n, at in enumerate(source.rev)]
    heads = {} if chars is None else source.heads
    found += [_head(at, chars).label(f"text_{name}") for name, at in source.texts.items()]
    found += [_head(at, heads.get(name)).label(f"extra_{name}") for name, at in source.extra.items()]
    return found if source.held is None else [*found, source.held.at.label("held_")]


def _head(at: Column, most: int | None) -> Column:
    """Return the beginning of a text; one character or byte too many tells that it is longer."""
    return at if most is None else func.substr(at, 1, most + 1)


def key_of(source: Source, record: Record) -> Key:
    """Return the values of a row's key."""
    return tuple(record[f"key_{n}"] for n in range(len(source.key)))


def read_row(source: Source, record: Record, reading: Reading, chars: int | None = HEAD_CHARS) -> tuple[ReadRow, Job]:
    """Return what a row says, by the names of its description, and the job that it is."""
    got = {name: one.codec.from_store(record[f"field_{name}"]) for name, one in source.fields.items()}
    texts = {name: _read_text(record[f"text_{name}"], chars) for name in source.texts}
    row = ReadRow(got)
    row |= {name: record[f"extra_{name}"] for name in source.extra} | {name: text for name, (text, _) in texts.items()}
    row.now, row.is_brief = reading.moment.now, reading.brief
    row.cut = frozenset(name for name, (_, is_whole) in texts.items() if not is_whole)
    row.name = name_of_row(source, key_of(source, record))
    row.stored_payload = record[f"text_{PAYLOAD}"] if PAYLOAD in texts else None
    job = _make_job(source, record, row, reading)
    if PAYLOAD in texts:
        text, is_whole = texts[PAYLOAD]
        data = summarise_json(job.type.raw, text, reading.summaries)
        job = replace(job, payload=Untrusted(text), payload_whole=is_whole, data=data)
    return row, _with_zone_doubted(source, record, row, source.finish(row, job))


def _with_zone_doubted(source: Source, record: Record, row: ReadRow, job: Job) -> Job:
    """Return a job with a remark where a past time lies in the future, so that its zone may be wrong."""
    if not source.zone_setting:
        return job
    set_by = (name for name in _OVER if name in source.fields and not source.fields[name].has_own_zone)
    over = [row[name] for name in set_by if source.fields[name].codec.lacks_zone(record[f"field_{name}"])]
    said = say_ahead(max(over), row.now, source.zone_setting) if over else ""
    if not said:
        return job
    # What is said of all times of the source gives the same advice.
    kept = (one for one in job.remarks if one != source.page_note or source.zone_setting not in said)
    return replace(job, remarks=(*kept, said))


def _make_job(source: Source, record: Record, row: ReadRow, reading: Reading) -> Job:
    rank = int(record["state_"])
    job = Job(
        ref=JobRef(reading.backend, str(row.get("id", row.name)), rev_of(source, record)),
        type=Untrusted(_text(row.get("type"))),
        queue=Untrusted(_text(row.get("queue", DEFAULT_QUEUE))),
        state=State.BLOCKED if rank == NO_STATE else STATES[rank],
        payload=Untrusted(""),
        priority=_number(row.get("priority")),
        attempts=_number(row["attempts"]) or 0 if "attempts" in source.fields else None,
        max_attempts=_number(row.get("max_attempts")),
        lost=_number(row.get("lost")) or 0,
        remarks=(UNKNOWN_STATE,) if rank == NO_STATE else (),
    )
    job = replace(job, **_named({name: row[name] for name in source.fields}))
    if source.held is not None and job.state is State.PROCESSING:
        job = replace(job, lease_until=source.held.codec.from_store(record["held_"]))
    return job


def cut_for_page(job: Job) -> Job:
    """Return a job with the beginnings of its long texts only."""
    if job.error is not None and len(job.error.traceback.raw) > TRACE_HEAD_CHARS:
        head = Untrusted(job.error.traceback.raw[:TRACE_HEAD_CHARS])
        job = replace(job, error=replace(job.error, traceback=head))
    return shorten(job)


def name_of_row(source: Source, key: Key) -> str:
    """Return the name of a job whose row has no id: its source and key, in printable ASCII."""
    parts = (part.codec.from_store(value) for part, value in zip(source.key, key, strict=True))
    return "-".join((source.name, *(quote(str(part), safe="") for part in parts)))


def at_name(source: Source, name: str) -> Condition | None:
    """Return the condition for the row that `name_of_row` named, None for a text that names none."""
    found = _ROW_NAME.fullmatch(name)
    if found is None:
        return None
    if found[1] != source.name or len(source.key) != 1:
        return false()
    try:
        stored = source.key[0].codec.to_store(unquote(found[2]))
    except ValueError:
        return false()
    at_key: Condition = source.key[0].at == stored
    return at_key


def rev_of(source: Source, record: Record) -> str:
    """Return the revision of a row: its source, its key, and a digest of what a worker changes in it."""
    said = "\0".join(repr(record[f"rev_{n}"]) for n in range(len(source.rev)))
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    key = [part.codec.from_store(value) for part, value in zip(source.key, key_of(source, record), strict=True)]
    return json.dumps([source.name, key, digest])


def find_row(rev: str, reading: Reading) -> tuple[Source, RowPlace] | None:
    """Return the source and the place of the row of a revision, None for a text not made here."""
    try:
        name, key, _ = json.loads(rev)
        source = reading.product.source(name)
        if source is None:
            return None
        stored = (part.codec.to_store(value) for part, value in zip(source.key, key, strict=True))
        return source, RowPlace(name, tuple(stored))
    except (ValueError, TypeError):
        return None


def select_rows(source: Source, reading: Reading, where: Condition, chars: int | None = HEAD_CHARS) -> Select[Any]:
    """Return the statement that reads rows of a source."""
    return select(*columns(source, reading, chars)).select_from(source.rows).where(where)


def among_keys(source: Source, keys: Sequence[Key]) -> Condition:
    """Return the condition for the rows of some keys."""
    parts = [part.at for part in source.key]
    return parts[0].in_([key[0] for key in keys]) if len(parts) == 1 else tuple_(*parts).in_(keys)


def _named(got: Mapping[str, Any]) -> dict[str, Any]:
    times = {f"{name}_at": got[name] for name in TIME_FIELDS if name in got}
    return times | {to: Untrusted(_text(got[name])) for name, to in _NAMES.items() if got.get(name) is not None}


def _read_text(value: Any, chars: int | None) -> tuple[str, bool]:  # noqa: ANN401 - characters, or bytes
    """Return a text as far as it is wanted, and whether that is all."""
    is_whole = chars is None or value is None or len(value) <= chars
    return _text(value if is_whole else value[:chars]), is_whole


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the column holds
    if value is None:
        return ""
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray | memoryview) else str(value)
