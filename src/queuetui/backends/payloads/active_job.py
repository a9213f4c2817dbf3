"""Reads a job as Rails' ActiveJob writes it, as JSON; no object of Ruby is ever made."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

from queuetui.backends.payloads.python_call import summarise_call
from queuetui.model.job import Job, JobError
from queuetui.model.payload import SummaryPaths
from queuetui.model.text import Untrusted

# Where a global id names its record, behind the application: gid://app/Class/id?parameters.
_RECORD = re.compile(r"gid://[^/]*/([^?]*)")
# The words of ActiveJob's own that a hash carries beside its values.
_MARK = "_aj_"
_SHOWN = ("_aj_globalid", "_aj_serialized")
_MOST_DEPTH = 64
# What stands behind the arguments of a job, whose text may be cut before it.
_TAIL = re.compile(r'"executions":\s*(\d+),\s*"exception_executions":')
# A text in JSON, which may be cut within.
_WORDS = r'"((?:[^"\\]|\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt]))*)'
_ERROR_HEAD = re.compile(rf'\{{"exception_class":\s*{_WORDS}"(?:,\s*"message":\s*{_WORDS})?')
# Ruby writes a class without a name by its place in memory.
_CLASS = re.compile(r"((?:[^\W\d_]\w*|#<Class:\w+>)(?:::\w+)*)(?:: |\Z)")
_RANGE = frozenset({"begin", "end", "exclude_end"})
_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"\s*")
_NOT_ACTIVE_JOB = "its arguments are not JSON as ActiveJob writes it"
_MAILER = ("deliver_now", "deliver_later", "deliver_now!")


@dataclass(frozen=True, slots=True)
class ActiveJob:
    """What a job says: its arguments as JSON, and how many runs ended before.

    The arguments have `args` and `kwargs`. The number is None where it is not told.
    """

    payload: str
    executions: int | None
    data: Untrusted | None


def read_active_job(job_class: str, text: str, summaries: SummaryPaths | None) -> ActiveJob | None:
    """Return what the whole text of a job says, None for a text that is none of ActiveJob."""
    try:
        told: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    arguments = told.get("arguments") if isinstance(told, dict) else None
    if not isinstance(arguments, list):
        return None
    executions = told.get("executions")
    payload = json.dumps(_as_call([_plain(one, 0) for one in arguments], arguments), ensure_ascii=False)
    counted = executions if isinstance(executions, int) and executions >= 0 else None
    return ActiveJob(payload, counted, _summarise(job_class, payload, summaries))


def tell_call(job: Job, text: str, summaries: SummaryPaths | None, *, is_whole: bool) -> tuple[Job, int | None]:
    """Return a job with the arguments that its text says, and how many runs ended before.

    A text that was cut tells neither.
    """
    read = read_active_job(job.type.raw, text, summaries) if is_whole else None
    if read is not None:
        return replace(job, payload=Untrusted(read.payload), data=read.data), read.executions
    remarks = (_NOT_ACTIVE_JOB,) if is_whole and text else ()
    return replace(job, remarks=(*job.remarks, *remarks)), None


def count_executions(tail: str) -> int | None:
    """Return how many runs ended, from the end of a job's text."""
    found = _TAIL.findall(tail)
    return int(found[-1]) if found and len(found[-1]) < 10 else None  # noqa: PLR2004 - more digits than any count


def forget_executions(text: str) -> str | None:
    """Return a job's text with no runs counted, as ActiveJob's own retry writes it.

    No other byte changes. None where the text tells no count.
    """
    spans = _spans(text)
    changed = text
    for name, value in sorted(
        (("executions", "0"), ("exception_executions", "{}")), key=lambda one: -spans.get(one[0], (0, 0))[0]
    ):
        if name not in spans:
            return None
        start, end = spans[name]
        changed = changed[:start] + value + changed[end:]
    return changed


def read_rails_error(text: str) -> JobError:
    """Return the error that JSON tells by its exception_class, message and backtrace.

    A text that was cut tells only class and message.
    """
    trace = ""
    try:
        told = json.loads(text)
        name, message, lines = (told.get(one) for one in ("exception_class", "message", "backtrace"))
        trace = "\n".join(map(str, lines)) if isinstance(lines, list) else ""
    except (ValueError, AttributeError, RecursionError):
        found = _ERROR_HEAD.match(text)
        name, message = (
            ("", text) if found is None else (json.loads(f'"{one or ""}"', strict=False) for one in found.groups())
        )
    return JobError(Untrusted(str(name or "")), Untrusted(str(message or "")), Untrusted(trace))


def read_error_line(text: str, trace: str = "") -> JobError:
    """Return the error of a text that is its class, a colon and its message."""
    found = _CLASS.match(text)
    name, message = ("", text) if found is None else (found[1], text[found.end() :])
    return JobError(Untrusted(name), Untrusted(message), Untrusted(trace))


def _spans(text: str) -> dict[str, tuple[int, int]]:
    """Return where the value of each member of a JSON object stands; nothing for another text."""
    found: dict[str, tuple[int, int]] = {}
    at = _skip(text, 0)
    try:
        while text[at] in "{,":
            name, at = _DECODER.raw_decode(text, _skip(text, at + 1))
            start = _skip(text, _skip(text, at) + 1)
            _, at = _DECODER.raw_decode(text, start)
            found[str(name)] = (start, at)
            at = _skip(text, at)
    except (ValueError, IndexError, RecursionError):
        return {}
    return found


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _as_call(values: list[Any], arguments: list[Any]) -> dict[str, Any]:
    """Return arguments by place and by name.

    Names are those of a last hash that is marked as made of them.
    """
    last = arguments[-1] if arguments else None
    is_named = isinstance(last, dict) and ("_aj_ruby2_keywords" in last or "_aj_symbol_keys" in last)
    return {"args": values[:-1] if is_named else values, "kwargs": values[-1] if is_named else {}}


def _plain(value: Any, depth: int) -> Any:  # noqa: ANN401 - any JSON
    """Return a value without ActiveJob's own words.

    A record is `User/7`, a symbol or a time its text, a range `1..5`.
    """
    if depth > _MOST_DEPTH:
        return "..."
    if isinstance(value, list):
        return [_plain(one, depth + 1) for one in value]
    if not isinstance(value, dict):
        return value
    record = value.get("_aj_globalid")
    if isinstance(record, str):
        found = _RECORD.match(record)
        return record if found is None else found[1]
    if isinstance(value.get("_aj_serialized"), str):
        if "value" in value:
            return _plain(value["value"], depth + 1)
        if value.keys() >= _RANGE:
            begin, end = ("" if value[one] is None else str(_plain(value[one], depth + 1)) for one in ("begin", "end"))
            return f"{begin}{'...' if value['exclude_end'] else '..'}{end}"
    return {name: _plain(one, depth + 1) for name, one in value.items() if not name.startswith(_MARK) or name in _SHOWN}


def _summarise(job_class: str, payload: str, summaries: SummaryPaths | None) -> Untrusted | None:
    """Return what a call is about; of a mail which one it is, and what it is made of."""
    call = json.loads(payload)
    args, kwargs = call["args"], call["kwargs"]
    if len(args) > 2 and args[2] in _MAILER and all(isinstance(one, str) for one in args[:2]):  # noqa: PLR2004 - mailer, mail, way
        inner = {
            "args": [*args[3:], *kwargs.get("args", ())],
            "kwargs": kwargs.get("kwargs") or kwargs.get("params") or {},
        }
        told = summarise_call(job_class, json.dumps(inner, ensure_ascii=False), summaries)
        return Untrusted(f"{args[0]}.{args[1]}{'' if told is None else f' {told.raw}'}")
    return summarise_call(job_class, payload, summaries)
