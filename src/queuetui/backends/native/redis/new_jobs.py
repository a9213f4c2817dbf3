"""Packs a NewJob into the arguments of the script that stores it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from struct import Struct
from typing import Any

from queuetui.backends.native.ids import require_id
from queuetui.backends.native.redis.ids import NO_ID, from_stored, to_stored
from queuetui.backends.native.redis.records import write_body
from queuetui.backends.native.redis.server import Value
from queuetui.backends.native.texts import check_texts
from queuetui.model.clock import to_us
from queuetui.model.job import Enqueued, NewJob
from queuetui.model.state import State

# A sorted set orders by doubles, which are exact for whole numbers up to this one.
_LARGEST_PRIORITY = 2**53
_MOST_ATTEMPTS = 2**31 - 1
# A payload of at most this size is part of the job's value, which is rewritten when the job moves; a longer one has its own key.
INLINE_BYTES = 512
# Id, priority, delay, maximum of attempts, 1 with a key; then the due time as text or nothing, and 1 if the payload has its own key.
_ORDER = Struct("<32s2dIB")
_HERE, _APART = b"\0\0", b"\0\1"
_STATES = {ord("0"): State.PENDING, ord("1"): State.SCHEDULED}
_MICROSECOND = timedelta(microseconds=1)


def is_plain(job: NewJob) -> bool:
    """Tell whether a job is due now, has no key and no tags, and its payload fits into its value."""
    special = job.at is not None or job.delay_s or job.idempotency_key is not None or job.needs
    return not special and len(job.payload) <= INLINE_BYTES


def read_jobs(jobs: Sequence[NewJob]) -> list[Value]:
    """Return the arguments of all jobs.

    Raises BadPayload, ValueError or OverflowError for values that cannot be stored.
    """
    values: list[Value] = []
    for job in jobs:
        _add_job(values, job)
    return values


def read_answers(jobs: Sequence[NewJob], reply: Sequence[Any]) -> tuple[Enqueued, ...]:
    """Return the script's answers as the contract's types."""
    states, there = reply
    answers = [Enqueued(job.id, True, _STATES[code]) for job, code in zip(jobs, states, strict=True)]
    for start in range(0, len(there), 3):
        place, job_id, state = there[start : start + 3]
        answers[place - 1] = Enqueued(from_stored(job_id), False, None if state is None else State(state.decode()))
    return tuple(answers)


def _add_job(values: list[Value], job: NewJob) -> None:
    check_texts(job)
    if job.at is not None and job.at.tzinfo is None:
        raise ValueError("the due time of a job needs a time zone; pass an aware datetime")
    if abs(job.priority) > _LARGEST_PRIORITY or job.max_attempts > _MOST_ATTEMPTS:
        raise OverflowError("on Redis the priority of a job must fit 53 bits, and its max_attempts 31")
    delay_us = 0 if not job.delay_s else max(0, timedelta(seconds=job.delay_s) // _MICROSECOND)
    is_apart = len(job.payload) > INLINE_BYTES
    stored_id = to_stored(job.id)
    if stored_id == NO_ID:
        require_id(job.id)
    order = _ORDER.pack(stored_id.encode(), job.priority, delay_us, job.max_attempts, job.idempotency_key is not None)
    at = b"" if job.at is None else b"%d" % to_us(job.at)
    values.append(b"".join((order, at, _APART if is_apart else _HERE)))
    body = write_body(job)
    values += (body, job.payload) if is_apart else (body + job.payload,)
