"""The packed value of a job, a record and a body, as `parts/packing.lua` has it too.

The record is what changes as a job moves: state, five flags (it has a key, an error, was claimed alone, its payload stands in
p:ID, something stands in o:ID), version, fence, counts, priority and times; then as text the due time, the lease, the worker,
and, measured, a short result. The body never changes: whether the job's id is its correlation id; queue, type, key, correlation id and
the rest in JSON; and the payload.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from struct import Struct
from typing import Any, NamedTuple

from queuetui.backends.native.odd_values import read_json, read_moment
from queuetui.backends.native.redis.keys import STATES
from queuetui.model.job import NewJob
from queuetui.model.state import State

_RECORD = Struct("<6B6I7d")
# The same record without the fields that a worker does not need of its job.
_HELD_RECORD = Struct("<4xBx4x3I4xI2d40x")
_LENGTH = Struct("<I")
_OWN = b"\x01"
_OTHER = b"\x00"
_NOTHING: Mapping[str, Any] = {}


class Record(NamedTuple):
    """A job's record; times are in microseconds and 0 where there is none."""

    code: int
    keyed: int
    erred: int
    claimed_alone: int
    large: int
    noted: int
    rev: int
    fence: int
    attempts: int
    lost: int
    alone: int
    max_attempts: int
    priority: float
    created: float
    updated: float
    claimed: float
    started: float
    cancel: float
    done: float
    due: bytes
    lease: bytes
    worker: bytes
    result: bytes
    body: bytes

    @property
    def state(self) -> State | int:
        """The state, or the stored code where it is unknown."""
        return STATES[self.code - 1] if 1 <= self.code <= len(STATES) else self.code

    @property
    def written_at(self) -> datetime:
        """When the job was last written; the start of a run is stored later and does not count as a write."""
        return read_moment(max(self.created, self.updated, self.claimed, self.cancel, self.done))


class HeldRecord(NamedTuple):
    """The fields of a record that a worker needs of a job that it holds, under the same names."""

    large: int
    fence: int
    attempts: int
    lost: int
    max_attempts: int
    priority: float
    created: float
    due: bytes
    body: bytes


class Body(NamedTuple):
    """A job's body; `head` holds the values that few jobs have."""

    own_correlation: bool
    queue: str
    type: str
    key: str
    correlation: str
    head: Mapping[str, Any]
    payload: bytes


def read_record(packed: bytes) -> Record:
    """Return a record."""
    due, lease, worker, rest = packed[_RECORD.size :].split(b"\0", 3)
    end = 2 + int.from_bytes(rest[:2], "little")
    return Record._make((*_RECORD.unpack_from(packed), due, lease, worker, rest[2:end], rest[end:]))


def read_held(packed: bytes) -> HeldRecord:
    """Return the fields of a record that a worker needs of a job that it holds."""
    due, _, _, rest = packed[_RECORD.size :].split(b"\0", 3)
    body = rest[2 + int.from_bytes(rest[:2], "little") :]
    return HeldRecord._make((*_HELD_RECORD.unpack_from(packed), due, body))


def read_body(packed: bytes) -> Body:
    """Return a body."""
    body, _ = _read_lead(packed)
    return body


def _read_lead(packed: bytes) -> tuple[Body, int]:
    """Return a body and the offset of its payload."""
    texts, at = [], 1
    for _ in range(5):
        (length,) = _LENGTH.unpack_from(packed, at)
        start, at = at + 4, at + 4 + length
        texts.append(packed[start:at].decode("utf-8", "replace") if length else "")
    queue, job_type, job_key, correlation, head = texts
    body = Body(packed[:1] == _OWN, queue, job_type, job_key, correlation, _read_head(head), packed[at:])
    return body, at


class BodyReader:
    """Reads the bodies of a batch.

    The part before the payload is mostly the same in all of them, and is read once.
    """

    def __init__(self) -> None:
        self._lead = b""
        self._body: Body

    def read(self, packed: bytes) -> tuple[Body, bytes]:
        """Return the body, which may be that of the job before, and the payload."""
        lead = self._lead
        # The lead contains its own length, so no other lead begins with the same bytes.
        if lead and packed.startswith(lead):
            return self._body, packed[len(lead) :]
        self._body, end = _read_lead(packed)
        # A truncated lead is not reused.
        self._lead = packed[:end] if end <= len(packed) else b""
        return self._body, self._body.payload


def _read_head(text: str) -> Mapping[str, Any]:
    found = read_json(text) if text else None
    return found if isinstance(found, dict) else _NOTHING


def write_body(job: NewJob) -> bytes:
    """Return the body of a new job without its payload."""
    is_own = job.correlation_id == job.id
    correlation = "" if is_own else job.correlation_id or ""
    job_key, head = job.idempotency_key or "", _head_of(job)
    if is_own and not job_key and not head:
        return _usual_body(job.queue, job.type)
    return _join_body(_OWN if is_own else _OTHER, job.queue, job.type, job_key, correlation, head)


@lru_cache
def _usual_body(queue: str, job_type: str) -> bytes:
    """Return the body that most new jobs of a type have in common."""
    return _join_body(_OWN, queue, job_type, "", "", "")


def _join_body(own: bytes, *texts: str) -> bytes:
    return b"".join((own, *map(_measured, texts)))


def _measured(text: str) -> bytes:
    data = text.encode()
    return _LENGTH.pack(len(data)) + data


def _head_of(job: NewJob) -> str:
    head: dict[str, str | int | Sequence[str]] = {}
    if job.name is not None:
        head["name"] = job.name
    if job.tags:
        head["tags"] = job.tags
    if job.needs:
        head["needs"] = job.needs
    if job.timeout_s is not None:
        head["timeout"] = round(job.timeout_s * 1000)
    if job.context is not None:
        head["context"] = job.context
    return json.dumps(head, ensure_ascii=False) if head else ""


def moment(us: float | bytes) -> datetime | None:
    """Return the time in a field of a record, None for 0."""
    return read_moment(us) if us else None
