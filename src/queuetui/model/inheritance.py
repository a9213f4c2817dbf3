"""What a job inherits from whoever enqueues it: bound fields, and a place in a trace."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from queuetui.model.names import shown

MOST_INHERITED = 16
MOST_FIELD_CHARS = 2_048
LEFT_OUT = "fields_left_out"
TRACE_PARENT, TRACE_STATE = "traceparent", "tracestate"
# The longest values that W3C trace context allows; the first has a fixed length.
_TRACE_CHARS = {TRACE_PARENT: 55, TRACE_STATE: 512}
# Ids of only zeros are invalid.
_PARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_NOTHING: Mapping[str, Any] = {}


class Inheritance(NamedTuple):
    """Bound fields, and the headers of W3C trace context."""

    fields: Mapping[str, object] = _NOTHING
    trace: Mapping[str, str] = _NOTHING


def write_inheritance(fields: Mapping[str, object], trace: Mapping[str, str]) -> str | None:
    """Return the text that is stored with a job, None where there is nothing to inherit.

    Fields beyond MOST_INHERITED, or beyond MOST_FIELD_CHARS in JSON, are left out; the field LEFT_OUT counts them.
    """
    kept = {name: value for name, value in trace.items() if 0 < len(value) <= _TRACE_CHARS.get(name, 0)}
    parts: dict[str, object] = {}
    if fields:
        parts["fields"] = _within_cap(fields)
    if TRACE_PARENT in kept:
        parts["trace"] = kept
    return json.dumps(parts, separators=(",", ":")) if parts else None


def read_trace(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return the W3C trace context among headers, named in any case.

    That is nothing where there is none, or one that is not valid. Raises TypeError for what has no names and values of text.
    """
    try:
        given: dict[Any, Any] = dict(headers)
    except (TypeError, ValueError):
        raise TypeError(f"the trace is {shown(headers)}; give the headers of the request as a dict of texts") from None
    found: dict[str, str] = {}
    for name, value in given.items():
        if not isinstance(name, str) or (name.lower() in _TRACE_CHARS and not isinstance(value, str)):
            raise TypeError(f"the trace has {shown(name)}: {shown(value)}; give names and values as text")
        if name.lower() in _TRACE_CHARS:
            found[name.lower()] = value
    return found if _PARENT.fullmatch(found.get(TRACE_PARENT, "")) else _NOTHING


def read_inheritance(text: str | None) -> Inheritance:
    """Return the inheritance stored with a job, an empty one for a text of another form."""
    if text is None:
        return Inheritance()
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return Inheritance()
    fields, trace = (found.get(name) for name in ("fields", "trace")) if isinstance(found, dict) else (None, None)
    return Inheritance(
        _within_cap(fields) if isinstance(fields, dict) else _NOTHING,
        {name: value for name, value in trace.items() if isinstance(value, str)}
        if isinstance(trace, dict)
        else _NOTHING,
    )


def _within_cap(fields: Mapping[str, object]) -> dict[str, object]:
    """Return as many fields as a job may inherit, the first ones first."""
    room, kept = MOST_FIELD_CHARS, dict[str, object]()
    left_out = 0
    for name, value in fields.items():
        size = len(json.dumps({name: value}))
        if name == LEFT_OUT and isinstance(value, int):
            left_out += value
        elif len(kept) < MOST_INHERITED and size <= room:
            kept[name], room = value, room - size
        else:
            left_out += 1
    return kept | {LEFT_OUT: left_out} if left_out else kept
