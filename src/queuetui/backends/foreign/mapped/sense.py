"""Whether a mapping makes sense by itself: each row in one state, and verbs that fit.

No database is asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from queuetui.backends.foreign.mapped.lines import Path
from queuetui.backends.foreign.mapped.shape import (
    NOW,
    NULL,
    ONE_LESS,
    ONE_MORE,
    VERBS,
    Mapping,
    StateShape,
    VerbShape,
)
from queuetui.backends.foreign.mapped.side_shapes import Faults, TimesShape
from queuetui.model.query import NUMBER_FIELDS, TIME_FIELDS
from queuetui.model.state import FINAL, State

_DUE = ("past", "ahead")
_ATTEMPTS = ("none", "some")


def require_sense(mapping: Mapping) -> None:
    """Raise BadConfig, naming the line, for the first thing that cannot be meant."""
    for path, why in _faults(mapping):
        raise mapping.refuse(path, why)


def _faults(mapping: Mapping) -> Faults:
    """Yield what cannot be meant, each with its path."""
    yield from _zone_faults(mapping)
    for name in mapping.absent:
        if name in mapping.fields or (name == "priority" and mapping.priority):
            yield ("absent", name), f"{name} has a column in this mapping; leave one of the two away"
    for state, shape in mapping.states.items():
        for why in _column_faults(mapping, state, shape):
            yield ("states", state.value), why
    yield from _state_faults(mapping)
    for place, verb in enumerate(mapping.verbs):
        for path, why in _verb_faults(mapping, verb):
            yield ("verbs", place, *path), why
    yield from _way_faults(mapping)
    yield from _cleanup_faults(mapping)


def _cleanup_faults(mapping: Mapping) -> Faults:
    shape = mapping.cleanup
    if shape is None:
        return
    for name in shape.states:
        if name not in mapping.states or State(name) not in FINAL:
            there = ", ".join(state for state in mapping.states if state in FINAL)
            yield ("cleanup", "states"), f"{name!r} is no final state of this mapping; there are: {there}"
    if shape.by not in TIME_FIELDS or shape.by not in mapping.fields:
        yield ("cleanup", "by"), f"{shape.by!r} is no time in [fields]; name one that every ended job has"


def _zone_faults(mapping: Mapping) -> Faults:
    times: list[tuple[Path, TimesShape]] = [(("times",), mapping.times)]
    times += [(("fields", name), one.times) for name, one in mapping.fields.items() if one.times is not None]
    times += [((part, "times"), one.times) for part, one in mapping.sides if one.times is not None]
    for path, shape in times:
        try:
            ZoneInfo(shape.zone)
        except (ZoneInfoNotFoundError, ValueError):
            yield path, f"{shape.zone!r} is not a time zone; write it like Europe/Warsaw"


def _column_faults(mapping: Mapping, state: State, shape: StateShape) -> Iterator[str]:
    if not shape.statuses:
        yield f"{state} names no status; write is = [...]"
    if shape.due is not None and "scheduled" not in mapping.fields:
        yield f"{state} goes by when a job is due, but [fields] has no column for scheduled"
    if shape.attempts is not None and "attempts" not in mapping.fields:
        yield f"{state} goes by attempts, but [fields] has no column for attempts"


def _state_faults(mapping: Mapping) -> Faults:
    """Try each status with each due time and each count: exactly one state must hold."""
    for status in statuses(mapping):
        for due, attempts in product(_DUE, _ATTEMPTS):
            found = [state for state, shape in mapping.states.items() if _holds(shape, status, due, attempts)]
            what = f"a row with status {status!r}, due {due}, attempts {attempts}"
            if len(found) > 1:
                why = f"{what} is {found[0]} and {found[1]}; each row must be in one state"
                yield ("states", found[1].value), why
            if not found:
                named = next(state for state, shape in mapping.states.items() if status in shape.statuses)
                yield ("states", named.value), f"{what} is in no state; say which state it is in"


def statuses(mapping: Mapping) -> tuple[str, ...]:
    """Return every status that the mapping knows, once."""
    return tuple(dict.fromkeys(status for shape in mapping.states.values() for status in shape.statuses))


def _holds(shape: StateShape, status: str, due: str, attempts: str) -> bool:
    return status in shape.statuses and shape.due in (None, due) and shape.attempts in (None, attempts)


def _verb_faults(mapping: Mapping, verb: VerbShape) -> Faults:
    if verb.verb not in VERBS:
        yield ("verb",), f"there is no verb {verb.verb!r} for a mapped table; there are: {', '.join(VERBS)}"
    for state in verb.from_states:
        if state not in mapping.states:
            mapped = ", ".join(mapping.states)
            yield ("from",), f"{verb.verb} is said of {state!r}, which no state of this mapping is; there are: {mapped}"
    if not verb.from_states:
        yield ("from",), f"{verb.verb} names no state; write from = [...]"
    if verb.delete == bool(verb.columns):
        yield ("set",), f"{verb.verb} must either set columns or delete the row; write set = {{ ... }} or delete = true"
    if verb.only_stuck and "started" not in mapping.fields:
        yield ("only_stuck",), f"{verb.verb} is for stuck jobs only, but [fields] has no column for started"
    if not verb.only_stuck and State.PROCESSING in verb.from_states:
        yield ("from",), f"{verb.verb} takes a job from a worker that may live; write only_stuck = true"
    for name, value in verb.columns.items():
        why = _why_not_set(mapping, name, value)
        if why:
            yield ("set",), why


def _why_not_set(mapping: Mapping, name: str, value: int | str) -> str:
    if name == "status":
        known = statuses(mapping)
        return (
            "" if value in known else f"status {value!r} is in no state of this mapping; there are: {', '.join(known)}"
        )
    if name == "priority":
        return "" if mapping.priority is not None and isinstance(value, int) else "priority needs a column and a number"
    if name not in mapping.fields:
        return f"{name} is set, but [fields] has no column for it"
    if name in TIME_FIELDS:
        return "" if value in (NOW, NULL) else f'{name} is a time; set it to "now" or "null"'
    if name in NUMBER_FIELDS:
        is_number = isinstance(value, int) or value in (NULL, ONE_MORE, ONE_LESS)
        return "" if is_number else f'{name} is a number; set it to a number, "+1", "-1" or "null"'
    return (
        "" if isinstance(value, str) and value not in (NOW, ONE_MORE, ONE_LESS) else f"{name} is a text; set it to one"
    )


def _way_faults(mapping: Mapping) -> Faults:
    seen: dict[tuple[str, str, str], int] = {}
    for place, verb in enumerate(mapping.verbs):
        for state in verb.from_states:
            if seen.setdefault((verb.verb, state, verb.way), place) != place:
                why = f'{verb.verb} from {state} is said twice; leave one, or name another way = "..."'
                yield ("verbs", place), why
