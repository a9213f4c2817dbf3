"""Whether a job matches the terms that are answered here and not by the database, in what Laravel means by them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

from queuetui.backends.foreign.laravel.exception_text import read_chain
from queuetui.backends.foreign.laravel.filters import reach_into_command
from queuetui.backends.foreign.laravel.payload import read_payload
from queuetui.backends.foreign.laravel.rows import Row, job_id_of, queue_key
from queuetui.backends.foreign.laravel.states import is_stuck
from queuetui.backends.foreign.laravel.subjects import subject_of
from queuetui.backends.foreign.laravel.summary import members_of
from queuetui.backends.payloads.php_values import (
    PhpArray,
    PhpDocument,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpValue,
    to_json,
)
from queuetui.model.job import Job, JobError
from queuetui.model.limits import Limits
from queuetui.model.query import WORD, Query, Term, Value
from queuetui.model.query_match import holds, is_among
from queuetui.model.text import Untrusted

_MOST_DIGITS = 9


def matches(query: Query, job: Job, row: Row, now: datetime, limits: Limits, *, folds_queues: bool = False) -> bool:
    """Tell whether all terms hold for the job of a row.

    With `folds_queues` a queue is meant in whatever case it is written.
    """
    return all(
        (
            _asks_for(term, job, row, now, limits)
            or (folds_queues and term.field == "queue" and _names_queue(term, job.queue.raw))
        )
        != term.negated
        for term in query.terms
    )


def reads_far(query: Query) -> bool:
    """Tell whether a filter looks into texts beyond the heads that a page shows."""
    return any(term.field in {"payload", "error", WORD} for term in query.terms)


def _asks_for(term: Term, job: Job, row: Row, now: datetime, limits: Limits) -> bool:
    plain = replace(term, negated=False)
    if holds(reach_into_command(plain), job, now, lambda one: is_stuck(one, now, limits)):
        return True
    match term.field:
        case "type":
            # A class is known by its short name too.
            return is_among(plain, [job.type.raw.rpartition("\\")[2]])
        case "id":
            # A row is found by where it stands too, whatever uuid it carries.
            return is_among(plain, [job_id_of(row, None)])
        case "error" | "word":
            causes = () if job.error is None else read_chain(job.error.traceback.raw)
            wrapped = (
                replace(job, error=JobError(Untrusted(one.class_name), Untrusted(one.message), Untrusted("")))
                for one in causes
            )
            return any(holds(plain, one, now, lambda _: False) for one in wrapped)
        case "payload" if term.path:
            payload = read_payload(row.payload.text, cut=not row.payload.whole)
            return payload.subject is not None and is_among(plain, values_at(payload.subject, term.path))
    return False


def _names_queue(term: Term, name: str) -> bool:
    wanted = tuple(queue_key(value) if isinstance(value, str) else value for value in term.values)
    return is_among(replace(term, values=wanted, negated=False), [queue_key(name)])


def values_at(document: PhpDocument, path: tuple[str, ...]) -> list[Value]:
    """Return what a command holds at a path, references followed.

    An enum is known by its case and by its whole name.
    The path may also begin in what the job is about, and lead through collections, as the data column names things.
    """
    if path[:2] == ("data", "command"):
        path = path[2:]
    if not path:
        return []
    stored = document.find_at(path)
    return _texts_of(_find_shown(subject_of(document), path) if stored is None else stored)


def _find_shown(subject: PhpDocument, path: tuple[str, ...]) -> PhpValue:
    found = subject.follow(subject.root)
    for step in path:
        members = members_of(found) or {}
        key: PhpKey = step if step in members or not step.isdecimal() else int(step[:_MOST_DIGITS])
        found = subject.follow(members.get(key))
    return found


def _texts_of(found: PhpValue) -> list[Value]:
    match found:
        case None:
            return []
        case PhpEnum(class_name, case):
            return [case, f"{class_name}::{case}", f"{class_name.rpartition(chr(92))[2]}::{case}"]
        case bool():
            return [json.dumps(found)]
        case int() | float():
            return [float(found), str(found)]
        case str():
            return [found]
        case PhpArray() | PhpObject():
            return [json.dumps(to_json(found))]
    return []
