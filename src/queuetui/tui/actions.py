"""Everything a person can do in the console: this one table drives the keys, the footer, the help and the commands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding, BindingType

from queuetui.model.act import Verb


class Place(StrEnum):
    """Where an action works."""

    EVERYWHERE = "everywhere"
    TABLE = "every table"
    MARKS = "tables of jobs"
    JOBS = "Jobs"
    OVERVIEW = "Overview"
    FAILURES = "Dead letters"
    WORKERS = "Workers"
    SCHEDULES = "Schedules"
    DETAIL = "Job detail"
    FILTER = "Filter"
    HELP = "Help"


JOB_PLACES = frozenset({Place.JOBS, Place.FAILURES, Place.DETAIL})


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    `keys` are Textual's names and `shown` is what people read; `call` is what runs. `name` is the `:` command, `takes` its
    argument (in brackets when it may be left out). `rank` orders the footer, 0 keeps it out. A `verb` makes it an act.
    """

    name: str
    keys: str
    shown: str
    label: str
    help: str
    call: str
    places: frozenset[Place] = frozenset({Place.EVERYWHERE})
    verb: Verb | None = None
    takes: str = ""
    rank: int = 0


def _at(*places: Place) -> frozenset[Place]:
    return frozenset(places)


ACTS = (
    Action(
        "retry",
        "R",
        "R",
        "retry",
        "run the marked jobs again; frees a job whose worker is lost",
        "act('retry')",
        JOB_PLACES,
        Verb.RETRY,
        rank=5,
    ),
    Action(
        "cancel",
        "C",
        "C",
        "cancel",
        "cancel the marked jobs; a running one ends when its handler looks",
        "act('cancel')",
        JOB_PLACES,
        Verb.CANCEL,
        rank=7,
    ),
    Action(
        "delete",
        "D",
        "D",
        "delete",
        "delete the marked jobs for good",
        "act('delete')",
        JOB_PLACES,
        Verb.DELETE,
        rank=8,
    ),
    Action(
        "purge",
        "X",
        "X",
        "purge",
        "delete all that match the filter, written to a file first",
        "purge",
        _at(Place.JOBS),
        Verb.DELETE,
        rank=12,
    ),
    Action(
        "pause",
        "P",
        "P",
        "pause queue",
        "pause or resume a queue",
        "pause",
        _at(Place.JOBS, Place.OVERVIEW),
        Verb.PAUSE,
        rank=9,
    ),
)

SCHEDULES = (
    Action(
        "run now",
        "R",
        "R",
        "run now",
        "make a job of this schedule now; its slots stay as they are",
        "run_now",
        _at(Place.SCHEDULES),
        Verb.RUN,
        rank=4,
    ),
    Action(
        "pause schedule",
        "P",
        "P",
        "pause",
        "pause or resume this schedule",
        "pause_schedule",
        _at(Place.SCHEDULES),
        Verb.PAUSE,
        rank=5,
    ),
    Action(
        "remove schedule",
        "D",
        "D",
        "remove",
        "remove this schedule; the jobs it made stay",
        "remove_schedule",
        _at(Place.SCHEDULES),
        Verb.UNSCHEDULE,
        rank=8,
    ),
)

GENERAL = (
    Action("help", "question_mark,f1", "?", "help", "all keys of this screen; type to search", "help", rank=1),
    Action("command", "colon,ctrl+p", ": ctrl+p", "command", "run anything by its name", "command", rank=6),
    Action(
        "back",
        "q",
        "q",
        "back",
        "leave this screen, to where you came from; on Jobs it ends the console",
        "back",
        rank=20,
    ),
    Action("quit", "ctrl+c", "ctrl+c", "quit", "end the console, from anywhere", "quit"),
    Action("suspend", "ctrl+z", "ctrl+z", "suspend", "go to the shell; fg comes back", "suspend_process"),
    Action(
        "close",
        "escape",
        "esc",
        "close",
        "close; else clear the filter; else the marks; else go back; else clear the queue",
        "ladder",
    ),
    Action("refresh", "r", "r", "refresh", "read the store now", "refresh"),
    Action("freeze", "z", "z", "freeze", "hold the screen still, or let it go on; reading goes on meanwhile", "freeze"),
    Action("slower", "plus", "+", "slower", "read the store less often", "slower"),
    Action("faster", "minus", "-", "faster", "read the store more often", "faster"),
    Action(
        "next",
        "tab",
        "tab",
        "next view",
        "the next view: Jobs, Overview, Dead letters, Workers, Schedules",
        "next_view(1)",
    ),
    Action("previous", "shift+tab", "shift+tab", "previous view", "the previous view", "next_view(-1)"),
    Action(
        "overview",
        "0",
        "0",
        "overview",
        "figures, the last hour, queues and the latest dead letters",
        "view('overview')",
        rank=10,
    ),
    Action(
        "failures",
        "9",
        "9",
        "dead letters",
        "the latest dead letters with error and attempts",
        "view('failures')",
        rank=11,
    ),
    Action("workers", "W", "W", "workers", "who works, on what, and who fell silent", "view('workers')", rank=14),
    Action("schedules", "S", "S", "schedules", "recurring jobs: next, last, overdue, paused", "view('schedules')"),
    Action("queues", "Q", "Q", "queue", "choose the queue to look at", "queues", rank=9),
)

TABS = tuple(
    Action(name, digit, digit, name, f"jobs: {meaning}", f"tab('{digit}')")
    for digit, name, meaning in (
        ("1", "all", "all states"),
        ("2", "pending", "due and waiting for a worker, or blocked"),
        ("3", "processing", "running now"),
        ("4", "stuck", "stuck, whatever their state"),
        ("5", "failed", "given up: dead letters"),
        ("6", "later", "scheduled, and waiting for a retry"),
        ("7", "done", "completed"),
        ("8", "cancelled", "cancelled"),
    )
)

JOBS = (
    Action(
        "search",
        "slash",
        "/",
        "filter",
        "filter as you type; Enter keeps it, Esc clears it",
        "live_filter",
        _at(Place.JOBS),
        rank=2,
    ),
    Action("build", "f", "f", "build filter", "put a filter together from a form", "build_filter", _at(Place.JOBS)),
    Action("explain", "e", "e", "explain", "why this job stands where it stands", "explain", JOB_PLACES, rank=4),
    Action("sort", "s", "s", "sort", "choose the order", "sort", _at(Place.JOBS)),
    Action(
        "sort left",
        "less_than_sign",
        "<",
        "sort left",
        "order by the column to the left",
        "move_sort(-1)",
        _at(Place.JOBS),
    ),
    Action(
        "sort right",
        "greater_than_sign",
        ">",
        "sort right",
        "order by the column to the right",
        "move_sort(1)",
        _at(Place.JOBS),
    ),
    Action("invert", "i", "i", "invert", "turn the order round", "invert_sort", _at(Place.JOBS)),
    Action(
        "wide",
        "w",
        "w",
        "wide",
        "other columns, with the whole id; in a text, wrap long lines or cut them",
        "wide",
        _at(Place.JOBS, Place.DETAIL),
    ),
    Action("copy", "y", "y", "copy", "copy the id, error, payload, JSON or command", "copy", JOB_PLACES, rank=13),
    Action(
        "left tab",
        "left_square_bracket",
        "[",
        "left tab",
        "the tab to the left",
        "turn_tab(-1)",
        _at(Place.DETAIL),
    ),
    Action(
        "right tab",
        "right_square_bracket",
        "]",
        "next tab",
        "the tab to the right",
        "turn_tab(1)",
        _at(Place.DETAIL),
        rank=3,
    ),
)

TABLE = (
    Action(
        "open",
        "enter",
        "enter",
        "open",
        "open what is under the cursor: a job, a queue's jobs, a worker's jobs, a schedule's last job",
        "select",
        _at(Place.TABLE),
        rank=3,
    ),
    Action("mark", "space", "space", "mark", "mark the job and go down", "mark_down", _at(Place.MARKS), rank=6),
    Action("range", "v", "v", "mark range", "mark from the last mark to here", "mark_range", _at(Place.MARKS)),
    Action(
        "mark all",
        "a",
        "a",
        "mark all",
        "mark all rows read so far; again: all that match",
        "mark_all",
        _at(Place.MARKS),
    ),
    Action("unmark", "u", "u", "unmark", "take all marks away", "unmark_all", _at(Place.MARKS)),
    Action("down", "down,j", "j", "down", "one down", "move(1)", _at(Place.TABLE)),
    Action("up", "up,k", "k", "up", "one up", "move(-1)", _at(Place.TABLE)),
    Action("first", "g,home", "g", "first", "the first row", "first", _at(Place.TABLE)),
    Action("last", "G,end", "G", "last", "the last row read so far; more are read as you go", "last", _at(Place.TABLE)),
    Action("page down", "pagedown", "pgdn", "page down", "one page down", "move_pages(1.0)", _at(Place.TABLE)),
    Action("page up", "pageup", "pgup", "page up", "one page up", "move_pages(-1.0)", _at(Place.TABLE)),
    Action("half down", "ctrl+d", "ctrl+d", "half page down", "half a page down", "move_pages(0.5)", _at(Place.TABLE)),
    Action("half up", "ctrl+u", "ctrl+u", "half page up", "half a page up", "move_pages(-0.5)", _at(Place.TABLE)),
)

COMMANDS = (
    Action("jobs", "", "", "jobs", "the jobs of all queues, or of one", "jobs", takes="[QUEUE]"),
    Action("filter", "", "", "filter", "filter the jobs", "filter", takes="[FILTER]"),
    Action("rate", "", "", "rate", "read the store every so many seconds, 0.5 to 60", "rate", takes="SECONDS"),
    Action("show", "", "", "show", "open the job with this id, or one that ends so", "show", takes="ID"),
)

ACTIONS: tuple[Action, ...] = (*JOBS, *ACTS, *SCHEDULES, *GENERAL, *TABS, *COMMANDS, *TABLE)
ALIASES = {
    "q": "quit",
    "exit": "quit",
    "o": "overview",
    "w": "workers",
    "dead": "failures",
    "why": "explain",
    "e": "explain",
}


def actions_at(place: Place) -> Iterator[Action]:
    """Yield what is bound at one place itself."""
    return (action for action in ACTIONS if place in action.places)


def bindings_at(place: Place) -> list[BindingType]:
    """Return the key bindings of one place; only Ctrl+C works even where a text is typed."""
    return [
        Binding(action.keys, action.call, action.label, id=action.name, show=False, priority=action.name == "quit")
        for action in actions_at(place)
        if action.keys
    ]


def named(name: str) -> Action | None:
    """Return an action by the name it has as a command."""
    wanted = ALIASES.get(name, name)
    return next((action for action in ACTIONS if action.name == wanted), None)
