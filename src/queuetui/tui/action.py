"""One thing a person can do in the console, and where."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from queuetui.model.act import Verb


class KeyPlace(StrEnum):
    """Where an action works."""

    EVERYWHERE = "everywhere"
    TABLE = "every table"
    MARKS = "tables of jobs"
    JOBS = "Jobs"
    SYSTEMS = "All systems"
    OVERVIEW = "Overview"
    FAILURES = "Dead letters"
    GROUPS = "Groups"
    WORKERS = "Workers"
    SCHEDULES = "Schedules"
    EVENTS = "Events"
    LIVES = "Lives"
    ALL_EVENTS = "Events of all systems"
    DATABASE = "Database"
    DETAIL = "Job detail"
    FILTER = "Filter"
    HELP = "Help"
    TEXT = "texts"
    ASK = "a dialog that asks"
    PICK = "a list to choose from"
    COMMAND = "the command line"
    SEEK = "the search for an id"


EVERYWHERE = frozenset({KeyPlace.EVERYWHERE})
JOB_PLACES = frozenset({KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.FAILURES, KeyPlace.DETAIL})


# What people read of a key that Textual calls by another name.
_SHOWN = {
    "colon": ":", "escape": "esc", "f3": "F3", "greater_than_sign": ">", "left_square_bracket": "[", "less_than_sign": "<", "minus": "-",
    "pagedown": "pgdn", "pageup": "pgup", "plus": "+", "question_mark": "?", "right_square_bracket": "]", "slash": "/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    `keys` are Textual's names and `shown` is what people read; `call` is what runs. `name` is the `:` command, `takes` its
    argument (in brackets when it may be left out). `rank` orders the footer, 0 keeps it out. A `verb` makes it an act.
    The keys of one that `is_first` are taken before a field or a dialog sees them.
    """

    name: str
    keys: str
    shown: str
    label: str
    help: str
    call: str
    places: frozenset[KeyPlace] = EVERYWHERE
    verb: Verb | None = None
    takes: str = ""
    rank: int = 0
    is_first: bool = False


def at(*places: KeyPlace) -> frozenset[KeyPlace]:
    """Return the places where an action works."""
    return frozenset(places)


def action(  # noqa: PLR0913 - all that can be said of an action
    name: str,
    keys: str,
    told: str,
    places: frozenset[KeyPlace] = EVERYWHERE,
    *,
    call: str = "",
    label: str = "",
    shown: str = "",
    verb: Verb | None = None,
    takes: str = "",
    rank: int = 0,
    is_first: bool = False,
) -> Action:
    """Return an action.

    Where nothing else is said it is called and labelled by its name, and shown by its first key.
    """
    first = keys.partition(",")[0]
    call, shown = call or name.replace(" ", "_"), shown or _SHOWN.get(first, first)
    return Action(name, keys, shown, label or name, told, call, places, verb, takes, rank, is_first)
