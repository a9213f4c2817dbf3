"""A NewJob as the arguments of the script that stores it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from queuetui.backends.native.ids import require_id
from queuetui.backends.native.redis.ids import from_stored
from queuetui.backends.native.redis.server import Value
from queuetui.backends.native.texts import check_texts
from queuetui.model.clock import to_us
from queuetui.model.job import Enqueued, NewJob
from queuetui.model.state import State

# A sorted set orders by doubles, which hold whole numbers up to here.
_LARGEST_PRIORITY = 2**53
_MOST_ATTEMPTS = 2**31 - 1


def read_jobs(jobs: Sequence[NewJob]) -> list[Value]:
    """Return the arguments of all jobs. Raises BadPayload, ValueError or OverflowError for what cannot be stored."""
    return [value for job in jobs for value in _read_job(job)]


def read_answers(reply: Sequence[Any]) -> tuple[Enqueued, ...]:
    """Return the script's answers in the contract's words."""
    triples = (reply[start : start + 3] for start in range(0, len(reply), 3))
    return tuple(
        Enqueued(from_stored(job_id), bool(created), None if state is None else State(state.decode()))
        for job_id, created, state in triples
    )


def _read_job(job: NewJob) -> tuple[Value, ...]:
    check_texts(job)
    delay = timedelta(seconds=job.delay_s or 0.0)
    if (datetime.now(UTC) + delay).tzinfo is None or (job.at is not None and job.at.tzinfo is None):
        raise ValueError("the due time of a job needs a time zone; pass an aware datetime")
    if abs(job.priority) > _LARGEST_PRIORITY or job.max_attempts > _MOST_ATTEMPTS:
        raise OverflowError("on Redis the priority of a job must fit 53 bits, and its max_attempts 31")
    return (
        require_id(job.id).hex,
        job.queue,
        job.type,
        job.priority,
        "" if job.at is None else to_us(job.at),
        max(0, delay // timedelta(microseconds=1)),
        job.max_attempts,
        *map(_optional, (job.name, job.correlation_id, job.idempotency_key, _list(job.tags), _list(job.needs))),
        "" if job.timeout_s is None else round(job.timeout_s * 1000),
        job.payload,
    )


def _optional(text: str | None) -> str:
    """Return a text so that an empty one can be told from none."""
    return "" if text is None else f"={text}"


def _list(texts: Sequence[str]) -> str | None:
    return json.dumps(texts, ensure_ascii=False) if texts else None
