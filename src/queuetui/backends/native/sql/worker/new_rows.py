"""Makes the rows of new jobs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import repeat
from typing import NamedTuple

from queuetui.backends.native.ids import canonical_id, require_id
from queuetui.backends.native.texts import check_texts
from queuetui.model.job import NewJob

BLOB_OVER_BYTES = 8192
_LARGEST = 2**63 - 1
_MOST_ATTEMPTS = 2**31 - 1
NO_LIST = "[]"
PLAIN_FROM = 20
_ALL_CANONICAL = re.compile(r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})*")


class NewRow(NamedTuple):
    """The values of a new job's row; `delay_us` counts from the store's time unless `at` is given."""

    id: str
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
    context: str | None
    payload: bytes

    @property
    def is_blob(self) -> bool:
        """Whether the payload is stored in its own table, as the job's row moves when the job ends."""
        return len(self.payload) > BLOB_OVER_BYTES

    @property
    def told_correlation_id(self) -> str | None:
        """The correlation id in the event of the job's creation, None where it is the job's own id."""
        return None if self.correlation_id == self.id else self.correlation_id


def to_row(job: NewJob) -> NewRow:
    """Return the row of a job; raises BadPayload, ValueError or OverflowError if it cannot be stored."""
    check_texts(job)
    if abs(job.priority) > _LARGEST or job.max_attempts > _MOST_ATTEMPTS:
        raise OverflowError("the priority of a job must fit 64 bits and its max_attempts 31")
    return NewRow(
        canonical_id(job.id) or str(require_id(job.id)),
        job.queue,
        job.type,
        job.name,
        job.priority,
        job.at,
        0 if job.at is None and not job.delay_s else _delay_us(job),
        job.max_attempts,
        job.correlation_id,
        job.idempotency_key,
        _list(job.tags) if job.tags else NO_LIST,
        _list(job.needs) if job.needs else NO_LIST,
        None if job.timeout_s is None else round(job.timeout_s * 1000),
        job.context,
        job.payload,
    )


def to_rows(jobs: Sequence[NewJob]) -> tuple[NewRow, ...]:
    """Return the rows of jobs; raises as `to_row` does."""
    return (len(jobs) >= PLAIN_FROM and _plain_rows(jobs)) or tuple(map(to_row, jobs))


def _plain_rows(jobs: Sequence[NewJob]) -> tuple[NewRow, ...]:
    """Return the rows of many jobs, made column by column; an empty tuple where one cannot be."""
    count = len(jobs)
    (
        ids,
        types,
        payloads,
        queues,
        names,
        priorities,
        delays,
        ats,
        attempts,
        keys,
        correlated,
        *lists,
        timeouts,
        contexts,
    ) = zip(*jobs, strict=True)
    unsaid = (said.count(None) == count for said in (names, delays, ats, keys, timeouts))
    if not (all(unsaid) and not any(map(any, lists)) and _ALL_CANONICAL.fullmatch("".join(ids))):
        return ()
    told_apart = zip(
        types, queues, priorities, attempts, repeat(None) if correlated == ids else correlated, strict=False
    )
    sorts = dict(zip(told_apart, jobs, strict=False))
    for job in sorts.values():
        to_row(job)
    said = (
        ids,
        queues,
        types,
        names,
        priorities,
        ats,
        repeat(0),
        attempts,
        correlated,
        keys,
        repeat(NO_LIST),
        repeat(NO_LIST),
    )
    return tuple(map(NewRow._make, zip(*said, timeouts, contexts, payloads, strict=False)))


def _delay_us(job: NewJob) -> int:
    if job.at is not None and job.at.tzinfo is None:
        raise ValueError("the due time of a job needs a time zone; pass an aware datetime")
    if not job.delay_s:
        return 0
    delay = timedelta(seconds=job.delay_s)
    # A time beyond the calendar is refused here and not by the store.
    _ = datetime.now(UTC) + delay
    return max(0, delay // timedelta(microseconds=1))


def _list(texts: Sequence[str]) -> str:
    return json.dumps(texts, ensure_ascii=False)
