"""Converts a step between the contract's types and the script's arguments and answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import inf
from struct import Struct
from typing import Any

from queuetui.backends.base import Step
from queuetui.backends.native.redis.ids import from_stored, to_stored
from queuetui.backends.native.redis.records import Body, BodyReader, HeldRecord, read_held
from queuetui.backends.native.redis.server import Value
from queuetui.backends.native.rules_acts import RULES_LEFT
from queuetui.backends.native.texts import storable
from queuetui.model.clock import from_us, to_us
from queuetui.model.job import ClaimedJob, Ending, RunError, Settlement

MILLISECONDS = 1000
NOTHING_KEPT_BACK = -1
UNREADABLE_RULES, UNREADABLE_JOBS = -3, -4
JOBS_LEFT = (
    "some of its jobs cannot be read, as another program wrote over them: those are left; their remarks in `queuetui jobs` "
    "tell which, to be mended by hand"
)
# Id, kind of ending, fence, duration or -1, delay, 1 with a result, 1 with an error. Then follow the due time as text or nothing, the
# type between NUL bytes, the result and the texts of the error, each with its length in front.
_ENDING = Struct("<32sBI2d2B")
_LENGTH = Struct("<I")
# A claimed job: its id and the length of its value, which follows.
_CLAIMED = Struct("<32sI")
_CODE_OF_ENDING = {
    ending: code
    for code, ending in enumerate(
        (
            *(Ending.COMPLETED, Ending.RETRY, Ending.FAILED, Ending.SNOOZED),
            *(Ending.RELEASED, Ending.CANCELLED, Ending.LOST),
        ),
        1,
    )
}
Reply = list[Any]


def read_settlements(settlements: Sequence[Settlement]) -> list[Value]:
    """Return the arguments of all endings."""
    types = {name: b"\0%b\0" % storable(name).encode() for name in {one.type for one in settlements}}
    return [_pack_settlement(one, types[one.type]) for one in settlements]


def _pack_settlement(one: Settlement, job_type: bytes) -> bytes:
    packed = _ENDING.pack(
        to_stored(one.job_id).encode(),
        _CODE_OF_ENDING[one.ending],
        one.fence,
        -1 if one.duration_s is None else span_us(one.duration_s),
        max(0, span_us(one.delay_s)) if one.delay_s else 0,
        one.result is not None,
        one.error is not None,
    )
    packed += job_type if one.at is None else b"%d%b" % (to_us(one.at), job_type)
    if one.result is not None:
        packed += _with_length(one.result)
    return packed if one.error is None else packed + _pack_error(one.error)


def _pack_error(error: RunError) -> bytes:
    texts = (error.class_name, error.message, error.traceback)
    return b"".join(_with_length(storable(text).encode()) for text in texts)


def _with_length(data: bytes) -> bytes:
    return _LENGTH.pack(len(data)) + data


def read_step(settlements: Sequence[Settlement], reply: Reply) -> Step:
    """Return the script's answer as the contract's types."""
    lease_valid, refused, claimed, payloads, again_us = reply
    accepted = frozenset(one.job_id for one in settlements)
    if refused:
        stored = frozenset(one.decode() for one in refused)
        accepted = frozenset(one for one in accepted if to_stored(one) not in stored)
    problem = RULES_LEFT if again_us == UNREADABLE_RULES else ""
    jobs = tuple(_read_claimed(claimed, iter(payloads)))
    if again_us == UNREADABLE_JOBS:
        again_us, problem = (NOTHING_KEPT_BACK, "") if jobs else (again_us, JOBS_LEFT)
    return Step(accepted, jobs, bool(lease_valid), _again_s(again_us), problem)


def _again_s(again_us: int) -> float | None:
    if again_us < 0:
        return None if again_us == NOTHING_KEPT_BACK else inf
    return again_us / 1e6


def _read_claimed(packed: bytes, payloads: Iterator[bytes]) -> Iterator[ClaimedJob]:
    bodies, at = BodyReader(), 0
    while at < len(packed):
        stored_id, size = _CLAIMED.unpack_from(packed, at)
        start, at = at + _CLAIMED.size, at + _CLAIMED.size + size
        record = read_held(packed[start:at])
        body, payload = bodies.read(record.body)
        yield _to_claimed(from_stored(stored_id), record, body, next(payloads) if record.large else payload)


def _to_claimed(job_id: str, record: HeldRecord, body: Body, payload: bytes) -> ClaimedJob:
    head = body.head
    timeout_ms = head.get("timeout")
    created_us, due_us = int(record.created), int(record.due)
    created_at = from_us(created_us)
    return ClaimedJob(
        id=job_id,
        fence=record.fence,
        type=body.type,
        queue=body.queue,
        payload=payload,
        name=head.get("name"),
        priority=int(record.priority),
        attempts=record.attempts,
        max_attempts=record.max_attempts,
        lost=record.lost,
        correlation_id=job_id if body.own_correlation else body.correlation or None,
        tags=tuple(head.get("tags", ())),
        timeout_s=None if timeout_ms is None else timeout_ms / MILLISECONDS,
        created_at=created_at,
        scheduled_at=created_at if due_us == created_us else from_us(due_us),
        context=_text(head.get("context")),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def span_us(seconds: float) -> int:
    """Return seconds as whole microseconds."""
    return round(seconds * 1e6)
