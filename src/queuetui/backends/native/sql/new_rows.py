"""A NewJob as the row that will hold it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from queuetui.backends.native.ids import require_id
from queuetui.backends.native.texts import check_texts
from queuetui.model.job import NewJob

BLOB_OVER_BYTES = 8192
_LARGEST = 2**63 - 1
_MOST_ATTEMPTS = 2**31 - 1


@dataclass(frozen=True, slots=True)
class NewRow:
    """What both stores write for a new job; `delay_us` counts from the store's clock unless `at` is given."""

    id: UUID
    queue: str
    type: str
    name: str | None
    priority: int
    at: datetime | None
    delay_us: int
    max_attempts: int
    correlation_id: str | None
    key: str | None
    tags: str
    needs: str
    timeout_ms: int | None
    payload: bytes

    @property
    def is_blob(self) -> bool:
        """Tell whether the payload goes beside the job's row, which moves when the job ends."""
        return len(self.payload) > BLOB_OVER_BYTES


def to_row(job: NewJob) -> NewRow:
    """Return the row of a job. Raises BadPayload, ValueError or OverflowError for what cannot be stored."""
    check_texts(job)
    delay = timedelta(seconds=job.delay_s or 0.0)
    if (datetime.now(UTC) + delay).tzinfo is None or (job.at is not None and job.at.tzinfo is None):
        raise ValueError("the due time of a job needs a time zone; pass an aware datetime")
    if abs(job.priority) > _LARGEST or job.max_attempts > _MOST_ATTEMPTS:
        raise OverflowError("the priority of a job must fit 64 bits and its max_attempts 31")
    return NewRow(
        id=require_id(job.id),
        queue=job.queue,
        type=job.type,
        name=job.name,
        priority=job.priority,
        at=job.at,
        delay_us=max(0, delay // timedelta(microseconds=1)),
        max_attempts=job.max_attempts,
        correlation_id=job.correlation_id,
        key=job.idempotency_key,
        tags=_list(job.tags),
        needs=_list(job.needs),
        timeout_ms=None if job.timeout_s is None else round(job.timeout_s * 1000),
        payload=job.payload,
    )


def _list(texts: Sequence[str]) -> str:
    return json.dumps(texts, ensure_ascii=False) if texts else "[]"
