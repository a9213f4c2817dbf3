"""The document of a job for programs.

The one shape of the command line, the client and later the HTTP interface.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from queuetui.model.clock import to_text
from queuetui.model.job import Attempt, Job
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Verdict
from queuetui.model.worker import WorkerInfo

MAX_DEPTH = 64


@dataclass(frozen=True, slots=True)
class JobDocument:
    """A job with true values; times are RFC 3339 UTC with microseconds, None where unknown or absent.

    `payload` and `result` are the JSON values where they could be read, else the text as stored: when it is not JSON,
    holds a number that JSON cannot write again, or is nested deeper than MAX_DEPTH.
    """

    id: str
    version: str
    backend: str
    type: str
    name: str | None
    queue: str
    state: str
    stuck: bool
    verdict: dict[str, Any] | None
    priority: int | None
    attempts: int | None
    max_attempts: int | None
    lost: int
    payload: Any
    data: str | None
    result: Any
    error: dict[str, str] | None
    worker: str | None
    correlation_id: str | None
    idempotency_key: str | None
    tags: list[str]
    needs: list[str]
    waits_for: list[str]
    progress: Any
    scheduled_at: str | None
    started_at: str | None
    completed_at: str | None
    created_at: str | None
    updated_at: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, in order; nested values are shared, not copied."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


def document(job: Job, verdict: Verdict | None) -> JobDocument:
    """Return the document of a job and what was judged of it."""
    error = job.error
    return JobDocument(
        id=job.ref.id,
        version=job.ref.rev,
        backend=job.ref.backend,
        type=job.type.raw,
        name=_text(job.name),
        queue=job.queue.raw,
        state=job.state.value,
        stuck=verdict is not None and verdict.stuck,
        verdict=None if verdict is None else describe_verdict(verdict),
        priority=job.priority,
        attempts=job.attempts,
        max_attempts=job.max_attempts,
        lost=job.lost,
        payload=_value(job.payload),
        data=_text(job.data),
        result=_value(job.result),
        error=None
        if error is None
        else {"class": error.class_name.raw, "message": error.message.raw, "traceback": error.traceback.raw},
        worker=_text(job.worker),
        correlation_id=_text(job.correlation_id),
        idempotency_key=_text(job.idempotency_key),
        tags=[tag.raw for tag in job.tags],
        needs=[tag.raw for tag in job.needs],
        waits_for=[one.raw for one in job.waits_for],
        progress=_value(job.progress),
        scheduled_at=_time(job.scheduled_at),
        started_at=_time(job.started_at),
        completed_at=_time(job.completed_at),
        created_at=_time(job.created_at),
        updated_at=_time(job.updated_at),
    )


def describe_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as programs read it."""
    return {
        "code": verdict.code.value,
        "severity": verdict.severity.name.lower(),
        "summary": verdict.summary,
        "evidence": dict(verdict.evidence),
        "confidence": verdict.confidence,
        "next": verdict.next,
    }


def describe_attempt(attempt: Attempt) -> dict[str, Any]:
    """Return a kept attempt as programs read it."""
    error = attempt.error
    return {
        "fence": attempt.fence,
        "outcome": attempt.outcome,
        "error": None if error is None else {"class": error.class_name.raw, "message": error.message.raw},
        "worker": _text(attempt.worker),
        "started_at": _time(attempt.started_at),
        "ended_at": _time(attempt.ended_at),
    }


def describe_worker(worker: WorkerInfo, now: datetime, *, live: bool) -> dict[str, Any]:
    """Return a worker's registration as programs read it."""
    return {
        "id": worker.id.raw,
        "host": worker.host.raw or None,
        "pid": worker.pid,
        "version": worker.version.raw or None,
        "queues": [queue.raw for queue in worker.queues],
        "all_queues": not worker.queues,
        "types": [kind.raw for kind in worker.types],
        "tags": [tag.raw for tag in worker.tags],
        "slots": worker.slots,
        "busy": worker.busy,
        "started_at": _time(worker.started_at),
        "beat_at": to_text(worker.beat_at) if worker.has_beaten else None,
        "silent_seconds": round((now - worker.beat_at).total_seconds(), 3),
        "status": _text(worker.status),
        "rss_bytes": worker.rss_bytes,
        "stopping": worker.stopping,
        "orphaned": None if worker.busy is None else worker.orphaned_at(now),
        "live": live,
    }


def _text(text: Untrusted | None) -> str | None:
    return None if text is None else text.raw


def _time(at: datetime | None) -> str | None:
    return None if at is None else to_text(at)


def _value(text: Untrusted | None) -> Any:  # noqa: ANN401 - a JSON value may be anything
    if text is None:
        return None
    try:
        value = json.loads(text.raw, parse_float=_finite, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text.raw
    return value if _is_shallow(value) else text.raw


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse(digits)


def _refuse(digits: str) -> float:
    message = f"JSON cannot write {digits} again"
    raise ValueError(message)


def _is_shallow(value: object) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [item for node in level for item in _items(node)]
        if not level:
            return True
    return False


def _items(node: object) -> list[object]:
    items = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    return [item for item in items if isinstance(item, dict | list)]
