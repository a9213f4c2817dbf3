"""Completion of a command's argument by Tab: names of queues, and fields of a filter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import NamedTuple

from queuetui.model.event_filter import FIELDS as EVENT_FIELDS
from queuetui.model.filter_text import quote_value, write_name
from queuetui.model.query import FIELDS
from queuetui.model.state import State

_FIELDS_OF = {"filter": FIELDS, "events": EVENT_FIELDS}


class Completion(NamedTuple):
    """The completed argument; `choices` are the possible ones if it is still ambiguous."""

    text: str
    choices: tuple[str, ...] = ()


def complete_argument(command: str, argument: str, queues: Sequence[str]) -> Completion:
    """Return an argument, completed as far as only one continuation is possible.

    A queue is found by its name, quoted or not; the completed name is quoted where the filter language needs it.
    """
    if command == "jobs":
        return _complete(argument, queues, " ", write_name)
    if command not in _FIELDS_OF:
        return Completion(argument)
    before, blank, word = argument.rpartition(" ")
    minus = word[: len(word) - len(word.removeprefix("-"))]
    field, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        done = _complete(field, [f"{name}:" for name in _FIELDS_OF[command]], "")
        return Completion(f"{before}{blank}{minus}{done.text}", done.choices)
    known = {"queue": queues, "state": [state.value for state in State]}.get(field.lower(), ())
    done = _complete(value, known, " ", quote_value)
    return Completion(f"{before}{blank}{minus}{field}:{done.text}", done.choices)


def _complete(text: str, names: Iterable[str], behind: str, write: Callable[[str], str] = str) -> Completion:
    typed = text.casefold()
    begun = sorted(name for name in names if any(one.casefold().startswith(typed) for one in (name, write(name))))
    if len(begun) == 1:
        return Completion(f"{write(begun[0])}{behind}")
    # The names are sorted: a prefix that the first and the last share is shared by all.
    pairs = zip(begun[0], begun[-1], strict=False) if begun else ()
    shared = "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    is_certain = len(shared) > len(text) and write(shared) == shared
    return Completion(shared if is_certain else text, tuple(map(write, begun)))
