"""The filter of events as people write it: `job:5b1c0a queue:mail event:failed correlation:order-17`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from queuetui.model.errors import BadQuery
from queuetui.model.event import EventKind
from queuetui.model.filter_text import WrittenValue

FIELDS = ("job", "queue", "event", "correlation")
_EXAMPLES = {"job": "5b1c0a", "queue": '"my queue"', "event": "failed,lost", "correlation": "order-17"}
_ALIASES = {"kind": "event", "correlation_id": "correlation", "id": "job"}
_TERM = re.compile(r'(?:([A-Za-z_]+)[:=])?("(?:[^"\\]|\\.)*"(?=\s|$)|[^\s"]\S*)?')


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What is None or empty does not narrow; `job` is an id or the end of one."""

    text: str = ""
    job: str | None = None
    queue: str | None = None
    correlation: str | None = None
    kinds: frozenset[EventKind] = frozenset()


def parse_event_filter(text: str) -> EventFilter:
    """Return the filter of a text; a word without a field is a part of a kind's name; raises BadQuery."""
    named: dict[str, str] = {}
    kinds: frozenset[EventKind] = frozenset()
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        field, value, value_at, end = _read_term(text, position)
        if field == "event":
            kinds |= _kinds(value, value_at)
        elif field in named:
            raise BadQuery(f"{field} is asked for twice (position {position}); keep one of them", position)
        else:
            named[field] = value
        position = end
    return EventFilter(text.strip(), named.get("job"), named.get("queue"), named.get("correlation"), kinds)


def _read_term(text: str, position: int) -> tuple[str, str, int, int]:
    """Return the field, the value, the start of the value and the end of the term."""
    match = _TERM.match(text, position)
    if match is None or match.end() == position:
        raise BadQuery(f'the quote opened at position {position} is never closed; add a second "', position)
    field = "event" if match[1] is None else _field(match[1], position)
    if not match[2]:
        at = match.end()
        what = "the quote is never closed" if text[at : at + 1] == '"' else "there is no value"
        raise BadQuery(f"{field}: {what} (position {at}); write it like {field}:{_EXAMPLES[field]}", at)
    return field, WrittenValue(match[2], match.start(2)).literal, match.start(2), match.end()


def _field(written: str, position: int) -> str:
    field = _ALIASES.get(written.lower(), written.lower())
    if field not in FIELDS:
        near = difflib.get_close_matches(field, FIELDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(FIELDS)}"
        raise BadQuery(f"there is no field {written!r} (position {position}); {hint}", position)
    return field


def _kinds(written: str, position: int) -> frozenset[EventKind]:
    """Return the kinds whose names contain one of the words between the commas."""
    found: set[EventKind] = set()
    for word in filter(None, written.lower().split(",")):
        exact = {kind for kind in EventKind if kind.value.lower() == word}
        held = exact or {kind for kind in EventKind if word in kind.value.lower()}
        if not held:
            near = difflib.get_close_matches(word, [kind.value.lower() for kind in EventKind], n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "such as created, started, failed, lost, paused"
            raise BadQuery(f"no kind of event has {word!r} in its name (position {position}); {hint}", position)
        found |= held
    return frozenset(found)
