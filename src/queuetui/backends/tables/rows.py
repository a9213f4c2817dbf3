"""A row of a source as a job: the columns that are read of it, and what they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, func

from queuetui.backends.tables.reading import Reading
from queuetui.backends.tables.source import NO_STATE, PAYLOAD, STATES, Column, Key, Place, Source
from queuetui.model.act import JobRef
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Job
from queuetui.model.payload import summarise_json
from queuetui.model.query import TIME_FIELDS
from queuetui.model.state import State
from queuetui.model.text import Untrusted

# What a page reads of a long text, so that its beginning can be summed up.
HEAD_CHARS = 8 * 1024
_NAMES = {
    "name": "name",
    "worker": "worker",
    "key": "idempotency_key",
    "correlation_id": "correlation_id",
}
_HASH_DIGITS = 16
_UNKNOWN_STATE = "its row is in no state that is known here, so nothing can be done to it"
Record = Mapping[Any, Any]


def columns(source: Source, reading: Reading, chars: int | None = HEAD_CHARS) -> list[Column]:
    """Return what is read of each row; of long texts at most so many characters, None: all."""
    moment = reading.moment
    found: list[Column] = [part.at.label(f"key_{n}") for n, part in enumerate(source.key)]
    found += [source.state(moment).label("state_"), source.stuck(moment).label("stuck_")]
    found += [one.at.label(f"field_{name}") for name, one in source.fields.items()]
    found += [at.label(f"rev_{n}") for n, at in enumerate(source.rev)]
    found += [
        (at if chars is None else func.substr(at, 1, chars + 1)).label(f"text_{n}") for n, at in source.texts.items()
    ]
    found += [at.label(f"extra_{name}") for name, at in source.extra.items()]
    return found if source.held is None else [*found, source.held.at.label("held_")]


def records_of(rows: Iterable[Row[Any]]) -> list[Record]:
    """Return rows with their columns by name."""
    return [row._mapping for row in rows]  # noqa: SLF001 - SQLAlchemy's public name for it


def key_of(source: Source, record: Record) -> Key:
    """Return the values of a row's key."""
    return tuple(record[f"key_{n}"] for n in range(len(source.key)))


def read_job(source: Source, record: Record, reading: Reading, chars: int | None = HEAD_CHARS) -> Job:
    """Return a row as a job."""
    got = {name: one.codec.from_store(record[f"field_{name}"]) for name, one in source.fields.items()}
    texts = {name: _text(record[f"text_{name}"]) for name in source.texts}
    rank = int(record["state_"])
    job = Job(
        ref=JobRef(reading.backend, str(got["id"]), rev_of(source, record)),
        type=Untrusted(_text(got.get("type"))),
        queue=Untrusted(_text(got.get("queue", "default"))),
        state=State.BLOCKED if rank == NO_STATE else STATES[rank],
        payload=Untrusted(""),
        priority=_number(got.get("priority")),
        attempts=_number(got.get("attempts")) or 0,
        max_attempts=_number(got.get("max_attempts")),
        lost=_number(got.get("lost")) or 0,
        remarks=(_UNKNOWN_STATE,) if rank == NO_STATE else (),
    )
    job = replace(job, **_named(got))
    if source.held is not None and job.state is State.PROCESSING:
        job = replace(job, lease_until=source.held.codec.from_store(record["held_"]))
    extra = {name: record[f"extra_{name}"] for name in source.extra}
    return source.finish({**got, **extra, **texts}, _with_payload(job, texts.get(PAYLOAD, ""), reading, chars))


def cut_for_page(job: Job) -> Job:
    """Return a job with the beginning of its payload only."""
    if len(job.payload.raw) <= PAYLOAD_HEAD_CHARS:
        return job
    return replace(job, payload=Untrusted(job.payload.raw[:PAYLOAD_HEAD_CHARS]), payload_whole=False)


def is_cut(source: Source, record: Record, chars: int) -> bool:
    """Tell whether more than was read of a row's long texts is stored."""
    return any(len(_text(record[f"text_{name}"])) > chars for name in source.texts)


def rev_of(source: Source, record: Record) -> str:
    """Return where a row stands and a digest of what a worker changes in it."""
    said = "\0".join(repr(record[f"rev_{n}"]) for n in range(len(source.rev)))
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
    key = [part.codec.from_store(value) for part, value in zip(source.key, key_of(source, record), strict=True)]
    return json.dumps([source.name, key, digest])


def place_of_rev(rev: str, reading: Reading) -> Place | None:
    """Return where the row of a rev stands, None for a text that was not made here."""
    try:
        name, key, _ = json.loads(rev)
        source = reading.product.source(name)
        if source is None:
            return None
        return Place(name, tuple(part.codec.to_store(value) for part, value in zip(source.key, key, strict=True)))
    except (ValueError, TypeError):
        return None


def _named(got: Mapping[str, Any]) -> dict[str, Any]:
    times = {f"{name}_at": got[name] for name in TIME_FIELDS if name in got}
    return times | {to: Untrusted(_text(got[name])) for name, to in _NAMES.items() if got.get(name) is not None}


def _with_payload(job: Job, payload: str, reading: Reading, chars: int | None) -> Job:
    is_whole = chars is None or len(payload) <= chars
    shown = payload if is_whole else payload[:chars]
    data = summarise_json(job.type.raw, shown, reading.summaries)
    return replace(job, payload=Untrusted(shown), payload_whole=is_whole, data=data)


def _text(value: Any) -> str:  # noqa: ANN401 - whatever the column holds
    if value is None:
        return ""
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | bytearray | memoryview) else str(value)


def _number(value: Any) -> int | None:  # noqa: ANN401 - whatever the column holds
    try:
        return None if value is None else int(value)
    except (ValueError, TypeError, OverflowError):
        return None
