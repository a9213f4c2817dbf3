"""Turns what a program asks for into a job to store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import repeat
from typing import TypedDict
from uuid import UUID

from queuetui.client.encoding import encode_payload, encode_payloads
from queuetui.model.command import COMMAND_TAG, COMMAND_TYPE
from queuetui.model.correlation import current_correlation_id
from queuetui.model.declaration import Handler, declared_handler, declared_type, path_of
from queuetui.model.errors import BadPayload, Conflict
from queuetui.model.job import PRIORITY_NAMES, NewJob
from queuetui.model.job_id import new_job_id, new_job_ids

DEFAULT_QUEUE = "default"
DEFAULT_MAX_ATTEMPTS = 3


class JobOptions(TypedDict, total=False):
    """What may be said of a job beside its type and payload.

    `priority` is a number, higher first, or low, normal, high, critical; `delay` and `timeout` are seconds or a timedelta;
    `at` is an aware time; a second job with the same `idempotency_key` is the first one.
    """

    id: str
    queue: str
    priority: int | str
    delay: float | timedelta
    at: datetime
    max_attempts: int
    idempotency_key: str
    correlation_id: str
    tags: Iterable[str]
    needs: Iterable[str]
    name: str
    timeout: float | timedelta


_KNOWN = frozenset(JobOptions.__annotations__)
# What most say at most of a job: the rest is not looked at then.
_PLAIN = frozenset({"id", "queue", "max_attempts", "correlation_id"})


def make_job(job_type: str | Handler, payload: object, options: JobOptions) -> NewJob:
    """Return the job that was asked for, with the rules its handler declared where nothing was said.

    Raises BadPayload, Conflict for both a delay and a time, or TypeError for an option that there is not.
    """
    if not _KNOWN.issuperset(options):
        raise TypeError(f"a job has no option {min(set(options) - _KNOWN)!r}; there are {', '.join(sorted(_KNOWN))}")
    declaration = declared_type(job_type) if isinstance(job_type, str) else declared_handler(job_type)
    name = job_type if isinstance(job_type, str) else path_of(job_type)
    if not name.strip():
        raise BadPayload(
            "a job needs a type: the name that its handler declared, or a path such as package.module:function"
        )
    if "delay" in options and "at" in options:
        raise Conflict("a job cannot have both a delay and a time to run at; give one of them")
    job_id = _spelt(options["id"]) if "id" in options else new_job_id()
    declared_queue = declaration.queue if declaration else None
    declared_attempts = declaration.max_attempts if declaration else None
    plain = NewJob(
        job_id,
        declaration.type if declaration else name,
        encode_payload({} if payload is None else payload),
        options.get("queue") or declared_queue or DEFAULT_QUEUE,
        max_attempts=_at_least_one(options.get("max_attempts") or declared_attempts or DEFAULT_MAX_ATTEMPTS),
        correlation_id=options.get("correlation_id") or current_correlation_id() or job_id,
    )
    if job_type != COMMAND_TYPE and _PLAIN.issuperset(options):
        return plain
    return plain._replace(
        name=options.get("name"),
        priority=read_priority(options.get("priority", 0)),
        delay_s=_seconds(options.get("delay")),
        at=_aware(options.get("at")),
        idempotency_key=options.get("idempotency_key"),
        tags=tuple(options.get("tags", ())),
        needs=_needs(job_type, options),
        timeout_s=_limit_s(options.get("timeout")),
    )


def _needs(job_type: str | Handler, options: JobOptions) -> tuple[str, ...]:
    """Return the tags that a worker must bear; a command is for those that run commands."""
    needs = tuple(options.get("needs", ()))
    return (*needs, COMMAND_TAG) if job_type == COMMAND_TYPE and COMMAND_TAG not in needs else needs


def make_jobs(job_type: str | Handler, payloads: Iterable[object], options: JobOptions) -> list[NewJob]:
    """Return jobs that differ in nothing but their payloads and ids, at a fraction of the price of each made alone.

    Raises BadPayload, or Conflict for an id or key that they cannot share.
    """
    if "id" in options or "idempotency_key" in options:
        raise Conflict("many jobs cannot have one id or idempotency key; make each of them alone")
    one = make_job(job_type, None, options)
    encoded = encode_payloads([{} if payload is None else payload for payload in payloads])
    ids = new_job_ids(len(encoded))
    correlation_ids = ids if one.correlation_id == one.id else repeat(one.correlation_id)
    shared = one._replace(id="", payload=b"")
    columns: dict[str, Iterable[object]] = {name: repeat(value) for name, value in shared._asdict().items()}
    columns |= {"id": ids, "payload": encoded, "correlation_id": correlation_ids}
    return list(map(NewJob._make, zip(*columns.values(), strict=False)))


def read_priority(priority: int | str) -> int:
    """Return the number of a priority given as a number or a name. Raises ValueError."""
    if isinstance(priority, int):
        return priority
    if priority in PRIORITY_NAMES:
        return PRIORITY_NAMES[priority]
    try:
        return int(priority)
    except ValueError:
        message = f"{priority!r} is no priority; use a whole number or one of {', '.join(PRIORITY_NAMES)}"
        raise ValueError(message) from None


def _spelt(job_id: str) -> str:
    """Return a UUID in its usual spelling, so that an id is one text everywhere; the store refuses what is none."""
    try:
        return str(UUID(job_id))
    except ValueError:
        return job_id


def _seconds(span: float | timedelta | None) -> float | None:
    return span.total_seconds() if isinstance(span, timedelta) else span


def _limit_s(span: float | timedelta | None) -> float | None:
    limit_s = _seconds(span)
    if limit_s is not None and limit_s <= 0:
        message = f"the timeout is {limit_s:g} s, in which no run can end; leave it away for no limit"
        raise ValueError(message)
    return limit_s


def _aware(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        message = (
            f"the time {at.isoformat()} has no zone; give an aware one, such as datetime.now(UTC) + timedelta(hours=1)"
        )
        raise ValueError(message)
    return at


def _at_least_one(max_attempts: int) -> int:
    if max_attempts < 1:
        message = f"max_attempts is {max_attempts}; a job needs at least one attempt"
        raise ValueError(message)
    return max_attempts
