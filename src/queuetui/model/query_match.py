"""Matches jobs against a filter: the reference for the conditions of every backend."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from queuetui.model.fingerprint import fingerprint_of
from queuetui.model.job import Job, JobError
from queuetui.model.pattern import Pattern
from queuetui.model.payload import is_place
from queuetui.model.query import WORD, Comparison, Query, Term, Value
from queuetui.model.state import FINAL, LIVE, WAITING, State
from queuetui.model.text import Untrusted

IsStuck = Callable[[Job], bool]


def matches(query: Query, job: Job, now: datetime, is_stuck: IsStuck) -> bool:
    """Tell whether all terms hold for a job at `now`."""
    return all(holds(term, job, now, is_stuck) for term in query.terms)


def holds(term: Term, job: Job, now: datetime, is_stuck: IsStuck) -> bool:
    """Tell whether one term holds, negation included."""
    return _holds(term, job, now, is_stuck) != term.negated


def _holds(term: Term, job: Job, now: datetime, is_stuck: IsStuck) -> bool:
    if term.field == "is":
        return any(_flag(str(value), job, is_stuck) for value in term.values)
    if term.field == WORD:
        needle = str(term.values[0]).casefold()
        return any(needle in text.casefold() for text in _searched(job))
    return is_among(term, read_field(term, job, now))


def is_among(term: Term, found: Iterable[Value]) -> bool:
    """Tell whether any of the found values satisfies a term, its negation left aside."""
    return any(_compare(term.comparison, one, value) for one in found for value in term.values)


def _flag(flag: str, job: Job, is_stuck: IsStuck) -> bool:
    match flag:
        case "stuck":
            return is_stuck(job)
        case "live":
            return job.state in LIVE
        case "final":
            return job.state in FINAL
        case "waiting":
            return job.state in WAITING
        case _:
            return job.cancel_requested_at is not None


def _searched(job: Job) -> list[str]:
    texts = [job.ref.id, job.type.raw, job.queue.raw, job.payload.raw]
    texts += [
        text.raw
        for text in (job.name, job.data, job.worker, job.correlation_id, job.idempotency_key)
        if text is not None
    ]
    if job.error is not None:
        texts += [job.error.class_name.raw, job.error.message.raw]
    return texts


def read_field(term: Term, job: Job, now: datetime) -> list[Value]:
    """Return the values of the term's field in a job, none where it is absent; spans are in seconds."""
    match term.field:
        case "payload":
            return _payload_values(job, term.path)
        case "error" | "fingerprint":
            return [] if job.error is None else [_of_error(term.field, job.error)]
        case "id":
            return [job.ref.id]
        case "tag":
            return [tag.raw for tag in job.tags]
        case "key":
            return _present(job.idempotency_key)
        case "age" | "running" | "waiting":
            since = _span_start(term.field, job)
            return [] if since is None else [(now - since).total_seconds()]
        case "created" | "scheduled" | "started" | "completed" | "updated":
            return _present(getattr(job, f"{term.field}_at"))
        case _:
            return _present(getattr(job, term.field))


def _of_error(field: str, error: JobError) -> str:
    class_name, message = error.class_name.raw, error.message.raw
    return fingerprint_of(class_name, message) if field == "fingerprint" else f"{class_name}: {message}"


def _span_start(name: str, job: Job) -> datetime | None:
    if name == "age":
        return job.created_at or job.completed_at
    if name == "running":
        return (job.started_at or job.claimed_at) if job.state is State.PROCESSING else None
    return job.scheduled_at if job.state is State.PENDING else None


def _present(value: Untrusted | Value | int | None) -> list[Value]:
    if value is None:
        return []
    if isinstance(value, Untrusted):
        return [value.raw]
    return _number(value) if isinstance(value, int | float) else [value]


def _number(value: float) -> list[Value]:
    try:
        return [float(value)]
    except OverflowError:
        # A number beyond the range of doubles matches nothing.
        return []


def _payload_values(job: Job, path: tuple[str, ...]) -> list[Value]:
    if not path:
        return [job.payload.raw]
    try:
        node = json.loads(job.payload.raw)
    except (ValueError, RecursionError):
        return []
    for key in path:
        if isinstance(node, dict) and key in node:
            node = node[key]
        elif isinstance(node, list) and is_place(key, len(node)):
            node = node[int(key)]
        else:
            return []
    if isinstance(node, bool) or node is None:
        return [json.dumps(node)]
    if isinstance(node, int | float):
        return [*_number(node), str(node)]
    return [node] if isinstance(node, str) else [json.dumps(node)]


def _compare(comparison: Comparison, found: Value, wanted: Value) -> bool:
    if comparison is Comparison.HAS:
        return str(wanted).casefold() in str(found).casefold()
    if comparison is Comparison.IS:
        return wanted.matches(str(found)) if isinstance(wanted, Pattern) else found == wanted
    return _ordered(comparison, found, wanted)


def _ordered(comparison: Comparison, found: Value, wanted: Value) -> bool:
    if isinstance(found, datetime) and isinstance(wanted, datetime):
        difference = (found - wanted).total_seconds()
    elif isinstance(found, float) and isinstance(wanted, float):
        difference = found - wanted
    else:
        return False
    match comparison:
        case Comparison.OVER:
            return difference > 0
        case Comparison.AT_LEAST:
            return difference >= 0
        case Comparison.UNDER:
            return difference < 0
        case _:
            return difference <= 0
