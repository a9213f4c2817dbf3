"""What else a filter's term means for Laravel: short class names, causes, values in a command."""

from __future__ import annotations

import json
from dataclasses import replace

from queuetui.backends.foreign.laravel.jobs import MESSAGE
from queuetui.backends.foreign.laravel.payload import read_payload
from queuetui.backends.foreign.laravel.summary import members_of, subject_of
from queuetui.backends.payloads.php_exception import read_chain
from queuetui.backends.payloads.php_values import (
    PhpArray,
    PhpDocument,
    PhpEnum,
    PhpKey,
    PhpObject,
    PhpValue,
    to_json,
)
from queuetui.backends.tables.source import NOW, WHOLE, Row
from queuetui.model.job import Job, JobError
from queuetui.model.query import Term, Value
from queuetui.model.query_match import holds, is_among
from queuetui.model.text import Untrusted

_MOST_DIGITS = 9
_ENVELOPE = frozenset(
    {
        "backoff", "createdAt", "data", "delay", "displayName", "failOnTimeout", "job", "maxExceptions", "maxTries",
        "pushedAt", "retryUntil", "silenced", "tags", "telescope_uuid", "timeout", "timeoutAt", "type",
        "uuid",
    }
)  # fmt: skip


def also_means(term: Term, row: Row, job: Job) -> bool:
    """Tell whether a term, its negation left aside, holds for a job in what Laravel means by it."""
    match term.field:
        case "type":
            # A class is known by its short name too.
            return is_among(term, [job.type.raw.rpartition("\\")[2]])
        case "error" | "word":
            causes = () if job.error is None else read_chain(job.error.traceback.raw)
            wrapped = (
                replace(job, error=JobError(Untrusted(one.class_name), Untrusted(one.message), Untrusted("")))
                for one in causes
            )
            return any(holds(term, one, row[NOW], lambda _: False) for one in wrapped)
        case "payload" if term.path:
            if term.path[0] not in _ENVELOPE:
                inside = replace(term, path=("data", "command", *term.path))
                if holds(inside, job, row[NOW], lambda _: False):
                    return True
            payload = read_payload(row[MESSAGE], cut=not row[WHOLE])
            return payload.subject is not None and is_among(term, values_at(payload.subject, term.path))
    return False


def values_at(document: PhpDocument, path: tuple[str, ...]) -> list[Value]:
    """Return what a command holds at a path, references followed, an enum by its case and whole name.

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
