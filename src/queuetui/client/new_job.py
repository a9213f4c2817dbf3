"""Makes the job to store from a type, a payload and options."""

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
    """The options of a job beside its type and payload.

    `priority` is a number, higher first, or low, normal, high, critical; `delay` and `timeout` are seconds or a timedelta;
    `at` is an aware time; a job with the `idempotency_key` of another is not stored again.
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
# Most jobs are given no other options; the rest is then not read at all, which saves time.
_PLAIN = frozenset({"id", "queue", "max_attempts", "correlation_id"})


def make_job(job_type: str | Handler, payload: object, options: JobOptions) -> NewJob:
    """Return a new job; options that are not given come from the declaration of its handler.

    An option that is None was not given. Raises BadPayload, Conflict for both a delay and a time, TypeError for an unknown option
    and TypeError or ValueError for an invalid one.
    """
    if not _KNOWN.issuperset(options):
        raise TypeError(f"a job has no option {min(set(options) - _KNOWN)!r}; there are {', '.join(sorted(_KNOWN))}")
    declaration = declared_type(job_type) if isinstance(job_type, str) else declared_handler(read_handler(job_type))
    said = options.get
    if said("delay") is not None and said("at") is not None:
        raise Conflict("a job cannot have both a delay and a time to run at; give one of them")
    job_id = new_job_id() if said("id") is None else _canonical_id(said("id"))
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
        # Most jobs are enqueued outside of a run, in a program without spans: they do without the call.
        context=None if cause is None and TRACES not in modules else inherited_from(cause),
    )
    if job_type != COMMAND_TYPE and _PLAIN.issuperset(options):
        return plain
    given: dict[str, Any] = {name: read(options[name]) for name, read in _READERS.items() if said(name) is not None}  # type: ignore[literal-required]  # its keys are options
    plain = plain._replace(**{_FIELDS.get(name, name): value for name, value in given.items()})
    if job_type == COMMAND_TYPE and COMMAND_TAG not in plain.needs:
        # Only workers that run commands may claim it.
        plain = plain._replace(needs=(*plain.needs, COMMAND_TAG))
    return plain


def _type_of(job_type: str | Handler) -> str:
    """Return the type of a job whose handler is not declared in this process."""
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

    This costs a fraction of making each job alone.
    Raises BadPayload, or Conflict for an id or a key, which several jobs cannot share.
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


def _canonical_id(job_id: object) -> str:
    """Return an id in its canonical spelling; text that is no UUID is left for the store to refuse."""
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
