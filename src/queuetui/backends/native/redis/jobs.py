"""What scripts read of jobs, as jobs that people see."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from queuetui.backends.native.redis.ids import from_stored
from queuetui.model.act import JobRef
from queuetui.model.clock import from_us
from queuetui.model.job import PAYLOAD_HEAD_CHARS, Attempt, Job, JobError
from queuetui.model.payload import SummaryPaths, summarise_json
from queuetui.model.state import State
from queuetui.model.text import Untrusted

# A write stamps one of these; the start of a run is told later and is no write of its own.
_WRITES = ("created", "updated", "claimed", "cancel", "done")
WHOLE = -1
NOTHING = 0
# A payload is summarised by its head on pages, which is nearly always all of it.
HEAD_BYTES = 8192
Reply = Sequence[Any]


def read_job(reply: Reply, backend: str, summaries: SummaryPaths) -> Job:
    """Return the job that a script read."""
    stored_id, flat, texts, stored_payload, payload_size, lease_until = reply
    fields = read_fields(flat)
    job_type = fields["type"]
    payload = (stored_payload or b"").decode("utf-8", "replace")
    return Job(
        ref=JobRef(backend, from_stored(stored_id), fields["rev"]),
        type=Untrusted(job_type),
        queue=Untrusted(fields["queue"]),
        state=State(fields["state"]),
        payload=Untrusted(payload),
        payload_whole=payload_size <= len(stored_payload or b""),
        name=_text(fields, "name"),
        data=summarise_json(job_type, payload, summaries),
        priority=int(fields["priority"]),
        attempts=int(fields["attempts"]),
        max_attempts=int(fields["max"]),
        lost=int(fields["lost"]),
        error=to_error(*texts[:3]),
        result=None if texts[3] is None else Untrusted(texts[3].decode("utf-8", "replace")),
        progress=_text(fields, "progress"),
        worker=_text(fields, "worker"),
        correlation_id=_text(fields, "corr"),
        idempotency_key=_text(fields, "key"),
        tags=tuple(Untrusted(str(tag)) for tag in json.loads(fields.get("tags", "[]"))),
        created_at=moment(fields, "created"),
        scheduled_at=moment(fields, "due"),
        claimed_at=moment(fields, "claimed"),
        started_at=moment(fields, "started"),
        completed_at=moment(fields, "done"),
        updated_at=from_us(max(int(fields[name]) for name in _WRITES if name in fields)),
        cancel_requested_at=moment(fields, "cancel"),
        lease_until=None if lease_until is None else from_us(int(lease_until)),
    )


def shorten(job: Job) -> Job:
    """Return the job with no more of its payload than a page carries."""
    text = job.payload.raw
    if len(text) <= PAYLOAD_HEAD_CHARS:
        return job
    return replace(job, payload=Untrusted(text[:PAYLOAD_HEAD_CHARS]), payload_whole=False)


def read_fields(flat: Reply) -> dict[str, str]:
    """Return a hash that came as fields and values in turn."""
    return {flat[place].decode(): flat[place + 1].decode("utf-8", "replace") for place in range(0, len(flat), 2)}


def read_attempts(flat: Reply) -> tuple[Attempt, ...]:
    """Return kept attempts, oldest first, from fields that are led by the attempt's fence."""
    by_fence: dict[int, dict[str, str]] = {}
    for name, value in read_fields(flat).items():
        fence, _, field = name.partition(":")
        by_fence.setdefault(int(fence), {})[field] = value
    return tuple(_read_attempt(fence, fields) for fence, fields in sorted(by_fence.items()))


def _read_attempt(fence: int, fields: Mapping[str, str]) -> Attempt:
    error = None
    if "class" in fields:
        error = JobError(Untrusted(fields["class"]), Untrusted(fields["message"]), Untrusted(fields["traceback"]))
    return Attempt(
        fence, fields["outcome"], error, _text(fields, "worker"), moment(fields, "started"), moment(fields, "ended")
    )


def to_error(class_name: bytes | None, message: bytes | None, traceback: bytes | None) -> JobError | None:
    """Return an error as it is shown, None where none is kept."""
    if class_name is None:
        return None
    shown = (Untrusted((text or b"").decode("utf-8", "replace")) for text in (class_name, message, traceback))
    return JobError(*shown)


def moment(fields: Mapping[str, str], name: str) -> datetime | None:
    """Return the time of a field, None where it is absent."""
    return from_us(int(fields[name])) if name in fields else None


def _text(fields: Mapping[str, str], name: str) -> Untrusted | None:
    return Untrusted(fields[name]) if name in fields else None
