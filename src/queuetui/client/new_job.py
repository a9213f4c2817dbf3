"""Turns what a program asks for into a job to store."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import repeat
from sys import modules
from typing import Any, TypedDict

from queuetui.client.inherited import TRACES, inherited_from
from queuetui.client.payloads import encode_payload, encode_payloads
from queuetui.model.command import COMMAND_TAG, COMMAND_TYPE
from queuetui.model.correlation import current_cause
from queuetui.model.declaration import declared_handler, declared_type
from queuetui.model.duration import read_limit_s, read_span_s
from queuetui.model.errors import BadPayload, Conflict
from queuetui.model.handler import Handler, place_of, read_handler
from queuetui.model.job import NewJob
from queuetui.model.job_id import new_job_id, new_job_ids, usual_spelling
from queuetui.model.job_rules import read_attempts, read_due_time, read_priority
from queuetui.model.names import read_many, read_queue, read_tags, read_text, shown

DEFAULT_QUEUE = "default"
DEFAULT_PRIORITY = 0
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

    An option that is None was not given. Raises BadPayload, Conflict for both a delay and a time, and TypeError or ValueError for an
    option that there is not or that cannot hold.
    """
    if not _KNOWN.issuperset(options):
        raise TypeError(f"a job has no option {min(set(options) - _KNOWN)!r}; there are {', '.join(sorted(_KNOWN))}")
    declaration = declared_type(job_type) if isinstance(job_type, str) else declared_handler(read_handler(job_type))
    said = options.get
    if said("delay") is not None and said("at") is not None:
        raise Conflict("a job cannot have both a delay and a time to run at; give one of them")
    job_id = new_job_id() if said("id") is None else _spelt(said("id"))
    cause = current_cause()
    queue, attempts, correlation_id = said("queue"), said("max_attempts"), said("correlation_id")
    plain = NewJob(
        job_id,
        declaration.type if declaration else _type_of(job_type),
        encode_payload({} if payload is None else payload),
        read_queue(queue) if queue is not None else (declaration and declaration.queue) or DEFAULT_QUEUE,
        priority=(declaration and declaration.priority) or DEFAULT_PRIORITY,
        max_attempts=read_attempts(attempts)
        if attempts is not None
        else (declaration and declaration.max_attempts) or DEFAULT_MAX_ATTEMPTS,
        correlation_id=read_text(correlation_id, "the correlation id")
        if correlation_id is not None
        else (cause and cause.correlation_id) or job_id,
        # Most are enqueued by nobody's run, in a program without spans: these are spared the call.
        context=None if cause is None and TRACES not in modules else inherited_from(cause),
    )
    if job_type != COMMAND_TYPE and _PLAIN.issuperset(options):
        return plain
    given: dict[str, Any] = {name: read(options[name]) for name, read in _READERS.items() if said(name) is not None}  # type: ignore[literal-required]  # its keys are options
    plain = plain._replace(**{_FIELDS.get(name, name): value for name, value in given.items()})
    if job_type == COMMAND_TYPE and COMMAND_TAG not in plain.needs:
        # A command is for workers that run commands.
        plain = plain._replace(needs=(*plain.needs, COMMAND_TAG))
    return plain


def _type_of(job_type: str | Handler) -> str:
    """Return the type of a job whose handler is declared nowhere here."""
    if isinstance(job_type, str):
        if not job_type.strip():
            raise BadPayload(
                "a job needs a type: the name that its handler declared, or a path such as package.module:function"
            )
        return job_type
    if not hasattr(job_type, "__qualname__"):
        raise TypeError(f"{shown(job_type)} has no path that a worker could find it by; declare it with a job type")
    return place_of(job_type)


def make_jobs(job_type: str | Handler, payloads: Iterable[object], options: JobOptions) -> list[NewJob]:
    """Return jobs that differ only in their payloads and ids.

    This costs a fraction of making each alone.
    Raises BadPayload, or Conflict for an id or key that they cannot share.
    """
    if "id" in options or "idempotency_key" in options:
        raise Conflict("many jobs cannot have one id or idempotency key; make each of them alone")
    one = make_job(job_type, None, options)
    encoded = encode_payloads([{} if payload is None else payload for payload in read_many(payloads, "payloads")])
    ids = new_job_ids(len(encoded))
    correlation_ids = ids if one.correlation_id == one.id else repeat(one.correlation_id)
    shared = one._replace(id="", payload=b"")
    columns: dict[str, Iterable[object]] = {name: repeat(value) for name, value in shared._asdict().items()}
    columns |= {"id": ids, "payload": encoded, "correlation_id": correlation_ids}
    return list(map(NewJob._make, zip(*columns.values(), strict=False)))


def _spelt(job_id: object) -> str:
    """Return an id as it is spelt everywhere; the store refuses what is no UUID."""
    return usual_spelling(read_text(job_id, "the id of a job"))


_READERS: dict[str, Callable[[object], object]] = {
    "name": lambda name: read_text(name, "the name of a job"),
    "priority": read_priority,
    "delay": lambda span: read_span_s(span, "the delay"),
    "at": read_due_time,
    "idempotency_key": lambda key: read_text(key, "the idempotency key"),
    "tags": read_tags,
    "needs": lambda tags: read_tags(tags, "needs"),
    "timeout": lambda span: read_limit_s(span, "the timeout"),
}
_FIELDS = {"delay": "delay_s", "timeout": "timeout_s"}
