"""What can be done on one screen, in its table or with what is under its cursor."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.tui.action import JOB_PLACES, Action, KeyPlace, at

# A list of jobs, and one of them

ORDERED = at(
    KeyPlace.JOBS, KeyPlace.OVERVIEW, KeyPlace.FAILURES, KeyPlace.WORKERS, KeyPlace.SCHEDULES, KeyPlace.DATABASE
)

JOBS = (
    Action(
        "search",
        "slash",
        "/",
        "filter",
        "filter as you type; Enter keeps it, Esc clears it",
        "live_filter",
        at(KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.EVENTS),
        rank=2,
    ),
    Action(
        "further",
        "n",
        "n",
        "look further",
        "go on behind the jobs that a slow filter looked through, until one is found; Esc stops",
        "look_further",
        at(KeyPlace.JOBS),
    ),
    Action("build", "f", "f", "build filter", "put a filter together from a form", "build_filter", at(KeyPlace.JOBS)),
    Action("explain", "e", "e", "explain", "why this job stands where it stands", "explain", JOB_PLACES, rank=4),
    Action("sort", "s", "s", "sort", "choose the order", "sort", ORDERED),
    Action(
        "sort left",
        "less_than_sign",
        "<",
        "sort left",
        "order by the column to the left",
        "move_sort(-1)",
        ORDERED,
    ),
    Action(
        "sort right",
        "greater_than_sign",
        ">",
        "sort right",
        "order by the column to the right",
        "move_sort(1)",
        ORDERED,
    ),
    Action("invert", "i", "i", "invert", "turn the order round", "invert_sort", ORDERED),
    Action(
        "wide",
        "w",
        "w",
        "wide",
        "other columns, with the whole id; in a text, wrap long lines or cut them",
        "wide",
        at(KeyPlace.JOBS, KeyPlace.DETAIL),
    ),
    Action("columns", "c", "c", "columns", "choose which columns are shown", "choose_columns", at(KeyPlace.JOBS)),
    Action("copy", "y", "y", "copy", "copy the id, error, payload, JSON or command", "copy", JOB_PLACES, rank=13),
    Action(
        "left tab",
        "left_square_bracket",
        "[",
        "left tab",
        "the tab to the left",
        "turn_tab(-1)",
        at(KeyPlace.DETAIL),
    ),
    Action(
        "right tab",
        "right_square_bracket",
        "]",
        "next tab",
        "the tab to the right",
        "turn_tab(1)",
        at(KeyPlace.DETAIL),
        rank=3,
    ),
)

# What changes jobs and queues, each through a dialog

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
        at(KeyPlace.JOBS),
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
        at(KeyPlace.JOBS, KeyPlace.OVERVIEW),
        Verb.PAUSE,
        rank=9,
    ),
)

UPKEEP = (
    Action(
        "upkeep",
        "U",
        "U",
        "upkeep",
        "chores that a mapping file declares beside the jobs, as ending workers; and tokens",
        "upkeep",
        at(KeyPlace.WORKERS),
        Verb.UPKEEP,
    ),
)

# What changes the schedule under the cursor, each through a dialog

SCHEDULES = (
    Action(
        "run now",
        "R",
        "R",
        "run now",
        "make a job of this schedule now; its slots stay as they are",
        "run_now",
        at(KeyPlace.SCHEDULES),
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
        at(KeyPlace.SCHEDULES),
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
        at(KeyPlace.SCHEDULES),
        Verb.UNSCHEDULE,
        rank=8,
    ),
)

# The event under the cursor

EVENTS = (
    Action(
        "trace",
        "t",
        "t",
        "trace",
        "all that has the correlation id of this event, over all its jobs; Esc shows everything again",
        "trace",
        at(KeyPlace.EVENTS),
        rank=4,
    ),
    Action(
        "only job",
        "o",
        "o",
        "only its job",
        "the events of this job alone, also of one that is gone; Esc shows everything again",
        "only_job",
        at(KeyPlace.EVENTS),
        rank=5,
    ),
)

# How a table is moved in, opened and marked

TOLD = at(KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.FAILURES, KeyPlace.SCHEDULES, KeyPlace.EVENTS, KeyPlace.DATABASE)

TABLE = (
    Action(
        "open",
        "enter",
        "enter",
        "open",
        "open what is under the cursor: a job, the jobs of a queue or worker, a schedule's last job, an event's job",
        "select",
        at(KeyPlace.TABLE),
        rank=3,
    ),
    Action("mark", "space", "space", "mark", "mark the job and go down", "mark_down", at(KeyPlace.MARKS), rank=6),
    Action("range", "v", "v", "mark range", "mark from the last mark to here", "mark_range", at(KeyPlace.MARKS)),
    Action(
        "mark all",
        "a",
        "a",
        "mark all",
        "mark all rows read so far; again: all that match",
        "mark_all",
        at(KeyPlace.MARKS),
    ),
    Action("unmark", "u", "u", "unmark", "take all marks away", "unmark_all", at(KeyPlace.MARKS)),
    Action("down", "down,j", "j", "down", "one down", "move(1)", at(KeyPlace.TABLE)),
    Action("up", "up,k", "k", "up", "one up", "move(-1)", at(KeyPlace.TABLE)),
    Action("first", "g,home", "g", "first", "the first row", "first", at(KeyPlace.TABLE)),
    Action(
        "last", "G,end", "G", "last", "the last row read so far; more are read as you go", "last", at(KeyPlace.TABLE)
    ),
    Action(
        "left",
        "left,h",
        "left",
        "columns left",
        "the columns further left again",
        "move_columns(-1)",
        at(KeyPlace.TABLE),
    ),
    Action(
        "right",
        "right,l",
        "right",
        "more columns",
        "the columns that have no room, where the heading ends in >",
        "move_columns(1)",
        at(KeyPlace.TABLE),
    ),
    Action("page down", "pagedown", "pgdn", "page down", "one page down", "move_pages(1.0)", at(KeyPlace.TABLE)),
    Action("page up", "pageup", "pgup", "page up", "one page up", "move_pages(-1.0)", at(KeyPlace.TABLE)),
    Action(
        "half down", "ctrl+d", "ctrl+d", "half page down", "half a page down", "move_pages(0.5)", at(KeyPlace.TABLE)
    ),
    Action("half up", "ctrl+u", "ctrl+u", "half page up", "half a page up", "move_pages(-0.5)", at(KeyPlace.TABLE)),
    Action(
        "pane down", "J", "J", "scroll down", "scroll what is told of the row under the cursor", "scroll_told(3)", TOLD
    ),
    Action("pane up", "K", "K", "scroll up", "scroll it back", "scroll_told(-3)", TOLD),
)
