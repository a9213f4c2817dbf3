"""Makes a `Job` of the values that scripts return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from queuetui.backends.native.odd_values import UNREADABLE, JobRemarks, is_number, read_moment
from queuetui.backends.native.redis.ids import from_stored
from queuetui.backends.native.redis.records import moment, read_body, read_record
from queuetui.model.act import JobRef
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.payload import SummaryPaths, summarise_json
from queuetui.model.state import State
from queuetui.model.text import Untrusted

WHOLE = -1
NOTHING = 0
# Pages summarise a payload by its first bytes, which are nearly always all of it.
HEAD_BYTES = 8192
_NO_TEXTS = (None,) * 5
Reply = Sequence[Any]


def read_job(reply: Reply, backend: str, summaries: SummaryPaths) -> Job:
    """Return the job that a script read; an unreadable value is shown as such and fails no other job."""
    try:
        return _read_job(reply, backend, summaries)
    except UNREADABLE:
        what = "its stored value cannot be read: another program or a newer queuetui wrote it; delete it by hand, or install that version"
        return replace(
            missing_job(reply[0], backend, what), payload=Untrusted(bytes(reply[1]).decode("utf-8", "replace"))
        )


def missing_job(stored_id: bytes, backend: str, remark: str) -> Job:
    """Return a job of which only the id is known, with the reason."""
    nothing = Untrusted("")
    ref = JobRef(backend, from_stored(stored_id), "")
    return Job(ref, nothing, nothing, State.BLOCKED, nothing, payload_whole=False, remarks=(remark,))


def _read_job(reply: Reply, backend: str, summaries: SummaryPaths) -> Job:
    stored_id, packed, texts, stored_payload, payload_size, lease_until = reply
    record = read_record(packed)
    body = read_body(record.body)
    odd = JobRemarks()
    payload = (stored_payload or b"").decode("utf-8", "replace")
    class_name, message, traceback, long_result, progress = texts or _NO_TEXTS
    result = long_result if long_result is not None else record.result or None
    job_id = from_stored(stored_id)
    return Job(
        ref=JobRef(backend, job_id, str(record.rev)),
        type=Untrusted(body.type),
        queue=Untrusted(body.queue),
        state=odd.read_state(record.state),
        payload=Untrusted(payload),
        payload_whole=payload_size <= len(stored_payload or b""),
        name=_text(body.head.get("name")),
        data=summarise_json(body.type, payload, summaries),
        priority=int(record.priority),
        attempts=record.attempts,
        max_attempts=record.max_attempts,
        lost=record.lost,
        error=to_error(class_name, message, traceback),
        result=_decoded(result),
        progress=_decoded(progress),
        worker=_decoded(record.worker or None),
        correlation_id=_text(job_id if body.own_correlation else body.correlation or None),
        idempotency_key=Untrusted(body.key) if record.keyed else None,
        tags=odd.read_names(body.head.get("tags", ()), "tags"),
        needs=odd.read_names(body.head.get("needs", ()), "needs"),
        context=_text(body.head.get("context")),
        created_at=moment(record.created),
        scheduled_at=moment(record.due),
        claimed_at=moment(record.claimed),
        started_at=moment(record.started),
        completed_at=moment(record.done),
        updated_at=record.written_at,
        cancel_requested_at=moment(record.cancel),
        lease_until=None if lease_until is None else read_moment(lease_until),
        remarks=tuple(odd.said),
    )


def read_fields(flat: Reply) -> dict[str, str]:
    """Return a hash from its fields and values in turn."""
    return {
        flat[place].decode("utf-8", "replace"): flat[place + 1].decode("utf-8", "replace")
        for place in range(0, len(flat), 2)
    }


def read_attempts(flat: Reply) -> tuple[Attempt, ...]:
    """Return the kept attempts, oldest first; each field of the hash begins with the attempt's fence."""
    return tuple(_read_attempt(fence, fields) for fence, fields in sorted(by_fence(flat).items()))


def by_fence(flat: Reply) -> dict[int, dict[str, str]]:
    """Return the fields of a hash by the fence that their names begin with; other fields are ignored."""
    found: dict[int, dict[str, str]] = {}
    for name, value in read_fields(flat).items():
        fence, colon, field = name.partition(":")
        if colon and is_number(fence):
            found.setdefault(int(fence), {})[field] = value
    return found


def _read_attempt(fence: int, fields: Mapping[str, str]) -> Attempt:
    error = None
    if "class" in fields:
        error = JobError(*(Untrusted(fields.get(name, "")) for name in ("class", "message", "traceback")))
    return Attempt(
        fence,
        fields.get("outcome", "unknown"),
        error,
        _text(fields.get("worker")),
        moment_of(fields, "started"),
        moment_of(fields, "ended"),
    )


def to_error(class_name: bytes | None, message: bytes | None, traceback: bytes | None) -> JobError | None:
    """Return an error as it is shown, None where none is kept."""
    if class_name is None:
        return None
    shown = (Untrusted((text or b"").decode("utf-8", "replace")) for text in (class_name, message, traceback))
    return JobError(*shown)


def moment_of(fields: Mapping[str, str], name: str) -> datetime | None:
    """Return the time in a field of a hash, None where it is absent."""
    return read_moment(fields[name]) if name in fields else None


def _text(text: object) -> Untrusted | None:
    return Untrusted(text) if isinstance(text, str) else None


def _decoded(stored: bytes | None) -> Untrusted | None:
    return None if stored is None else Untrusted(stored.decode("utf-8", "replace"))
