"""An action of the console: its keys, its command, and the places where it works."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from queuetui.model.act import Verb


class KeyPlace(StrEnum):
    """A place in which actions work: a screen, a kind of table, or a dialog."""

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


# How a key is written on screen where Textual has another name for it.
_SHOWN = {
    "colon": ":", "escape": "esc", "f3": "F3", "greater_than_sign": ">", "left_square_bracket": "[", "less_than_sign": "<", "minus": "-",
    "pagedown": "pgdn", "pageup": "pgup", "plus": "+", "question_mark": "?", "right_square_bracket": "]", "slash": "/",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Action:
    """An action: what a key, a `:` command and a footer entry run.

    `keys` are Textual's names of the keys, `shown` is how they are written on screen, and `call` is the method that runs.
    `name` is the `:` command and `takes` its argument (in brackets if optional). `rank` is the place in the footer, 0 keeps
    the action out of it. `verb` is the act that the action asks for, if any. The keys of an action that `is_first` are
    handled before a field or a dialog sees them.
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


def action(  # noqa: PLR0913 - one parameter for each field of an action
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

    By default its call and its label are its name, and the footer shows its first key.
    """
    first = keys.partition(",")[0]
    call, shown = call or name.replace(" ", "_"), shown or _SHOWN.get(first, first)
    return Action(name, keys, shown, label or name, told, call, places, verb, takes, rank, is_first)
