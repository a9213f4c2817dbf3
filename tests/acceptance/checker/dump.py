"""Reads a store through its Inspector and leaves what it holds beside the events."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import msgspec

from queuetui.backends.base import Inspector, iterate
from queuetui.model.clock import to_us
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Attempt, Job
from queuetui.model.limits import Limits
from queuetui.model.query import Query
from queuetui.model.snapshot import Part, Watch
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.acceptance.checker.events import digest_of
from tests.acceptance.checker.records import Dump, Figures, KeptAttempt, StoredJob

DUMP = "dump.json"
DAY_MINUTES = 24 * 60


def write_dump(inspector: Inspector, folder: Path) -> Dump:
    """Read every job, the attempts of those that have any, and the tally; write them to the folder and return them."""
    dump = read_dump(inspector)
    (folder / DUMP).write_bytes(msgspec.json.encode(dump))
    return dump


def read_dump(inspector: Inspector) -> Dump:
    """Return what the store holds."""
    jobs = tuple(iterate(inspector, Query(), Limits()))
    attempts = {
        job.ref.id: tuple(map(_kept, inspector.attempts(job.ref.id))) for job in jobs if _may_have_attempts(job)
    }
    tally = inspector.snapshot(Watch(parts=frozenset({Part.TALLY}), tally_minutes=DAY_MINUTES)).tally
    counted = {name: sum(getattr(minute, name) for minute in tally) for name in Figures.__struct_fields__}
    return Dump(
        jobs=tuple(_stored(inspector, job) for job in jobs),
        attempts={job_id: kept for job_id, kept in attempts.items() if kept},
        tally=Figures(**counted),
    )


def _may_have_attempts(job: Job) -> bool:
    return bool(job.lost or job.attempts != 1 or job.state is not State.COMPLETED)


def _stored(inspector: Inspector, job: Job) -> StoredJob:
    whole = job if len(job.payload.raw) < PAYLOAD_HEAD_CHARS else inspector.get(job.ref.id)
    return StoredJob(
        id=job.ref.id,
        state=job.state.value,
        queue=job.queue.raw,
        type=job.type.raw,
        digest=digest_of(whole.payload.raw.encode()),
        priority=job.priority or 0,
        attempts=job.attempts or 0,
        max_attempts=job.max_attempts or 0,
        lost=job.lost,
        error_class="" if job.error is None else job.error.class_name.raw,
        key=_text(job.idempotency_key),
        created_us=_us(job.created_at),
        due_us=_us(job.scheduled_at),
        started_us=_us(job.started_at),
        done_us=_us(job.completed_at),
        lease_until_us=_us(job.lease_until),
        cancel_requested=job.cancel_requested_at is not None,
    )


def _kept(attempt: Attempt) -> KeptAttempt:
    return KeptAttempt(
        fence=attempt.fence,
        outcome=attempt.outcome,
        error_class="" if attempt.error is None else attempt.error.class_name.raw,
        worker=_text(attempt.worker),
        started_us=_us(attempt.started_at),
        ended_us=_us(attempt.ended_at),
    )


def _us(at: datetime | None) -> int:
    return 0 if at is None else to_us(at)


def _text(text: Untrusted | None) -> str:
    return "" if text is None else text.raw
