"""The query parameters of endpoints."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from queuetui.http.endpoint import Parameter
from queuetui.model.event import EventKind, read_kind
from queuetui.model.names import shown
from queuetui.model.query import SORTS, STATE_ALIASES
from queuetui.model.state import State
from queuetui.model.zone import read_moment

MOST_JOBS = 500
MOST_OFFSET = 10_000
STUCK = "stuck"


def whole_number(least: int, most: int, beyond: str = "") -> Callable[[str], int]:
    """Return the reader of a whole number between bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 12 and least <= int(text) <= most):  # noqa: PLR2004 - no number of so many digits is within any bounds
            raise ValueError(f"{shown(text)} is no whole number from {least} to {most}{beyond}")
        return int(text)

    return read


def number_parameter(name: str, about: str, bounds: tuple[int, int], default: int, beyond: str = "") -> Parameter:
    """Return a parameter that is a whole number between bounds; `beyond` tells how to get more."""
    schema = {"type": "integer", "minimum": bounds[0], "maximum": bounds[1], "default": default}
    return Parameter(name, about, whole_number(*bounds, beyond), schema, default)


def text_parameter(name: str, about: str) -> Parameter:
    """Return a parameter that is any text that is not empty."""
    return Parameter(name, about, _read_text, {"type": "string", "minLength": 1})


def _read_text(text: str) -> str:
    if not text or "\0" in text:
        raise ValueError("it is empty, or holds a character that no text of a store holds")
    return text


def _read_switch(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(f"{shown(text)} is neither true nor false")
    return text == "true"


def _read_states(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(STATE_ALIASES.get(word, word) for word in text.split(",")))
    known = {state.value for state in State} | {STUCK}
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        raise ValueError(f"{shown(unknown)} is no state; there are {', '.join(sorted(known))}")
    if STUCK in words and len(words) > 1:
        raise ValueError("stuck stands alone, as jobs of several states are stuck")
    return words


def _read_sort(text: str) -> str:
    if text.removeprefix("-") not in SORTS:
        raise ValueError(
            f"{shown(text)} is nothing to sort by; there are {', '.join(sorted(SORTS))}, each with - before it"
        )
    return text


def _read_time(text: str) -> datetime:
    return read_moment(text)


def _read_kinds(text: str) -> frozenset[EventKind]:
    return frozenset(map(read_kind, text.split(",")))


def _choice(values: Any) -> dict[str, Any]:  # noqa: ANN401 - any names
    return {"type": "string", "enum": sorted(values)}


BACKEND = text_parameter("backend", "Which queue system, where several are served.")
LIMIT = number_parameter("limit", "At most so many.", (1, MOST_JOBS), 50)
STATUS = Parameter(
    "status",
    "The state, several with commas between them, or stuck.",
    _read_states,
    _choice({*(state.value for state in State), *STATE_ALIASES, STUCK}),
)
OFFSET = number_parameter(
    "offset",
    "So many are passed over; for more use the cursor.",
    (0, MOST_OFFSET),
    0,
    "; go on with the cursor of an answer",
)
CURSOR = text_parameter("cursor", "Goes on behind an answer, by the cursor that it told.")
FILTER = text_parameter("q", "A filter, as queuetui jobs takes it.")
SORT = Parameter(
    "sort",
    "The field to sort by, with - before it in the other order.",
    _read_sort,
    _choice({*SORTS, *(f"-{name}" for name in SORTS)}),
)
ONE_TYPE = text_parameter("type", "Of this type, where jobs of several failed with the same error.")
JOB = text_parameter("job", "Of the job of this id.")
QUEUE = text_parameter("queue", "Of this queue.")
CORRELATION = text_parameter("correlation_id", "Of all jobs of this correlation id.")
BEFORE = text_parameter("before", "Older than the cursor that an answer told.")
EXACT = Parameter(
    "exact",
    "Count all, without caps and estimates; slow on a large store.",
    _read_switch,
    {"type": "boolean", "default": False},
    default=False,
)
FREE = Parameter(
    "free", "Live ones with a free slot alone.", _read_switch, {"type": "boolean", "default": False}, default=False
)
LAST_ID = text_parameter("last_id", "Goes on behind the message of this id; a header Last-Event-ID says the same.")
SINCE = Parameter(
    "since",
    "Not older than this time; without a zone it is in the profile's, which is UTC unless named.",
    _read_time,
    {"type": "string", "format": "date-time"},
)
KINDS = Parameter(
    "kinds", "The kinds of events, with commas between them.", _read_kinds, _choice(kind.value for kind in EventKind)
)
