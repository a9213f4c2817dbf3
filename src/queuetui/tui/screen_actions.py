"""The actions of single screens: on their tables, and on the row under the cursor."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.tui.action import JOB_PLACES, KeyPlace, action, at

# Lists of jobs, and the detail of a job

ORDERED = at(
    KeyPlace.JOBS,
    KeyPlace.SYSTEMS,
    KeyPlace.OVERVIEW,
    KeyPlace.FAILURES,
    KeyPlace.GROUPS,
    KeyPlace.WORKERS,
    KeyPlace.SCHEDULES,
    KeyPlace.LIVES,
    KeyPlace.DATABASE,
)

JOBS = (
    action(
        "search",
        "slash",
        "filter as you type; Enter keeps it, Esc clears it",
        at(KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.EVENTS),
        call="live_filter",
        label="filter",
        rank=2,
    ),
    action(
        "further",
        "n",
        "go on behind the jobs that a slow filter looked through, until one is found; Esc stops",
        at(KeyPlace.JOBS),
        call="look_further",
        label="look further",
    ),
    action(
        "build", "f", "put a filter together from a form", at(KeyPlace.JOBS), call="build_filter", label="build filter"
    ),
    action("explain", "e", "why this job stands where it stands", JOB_PLACES, rank=4),
    action("sort", "s", "choose the order", ORDERED),
    action("sort left", "less_than_sign", "order by the column to the left", ORDERED, call="move_sort(-1)"),
    action("sort right", "greater_than_sign", "order by the column to the right", ORDERED, call="move_sort(1)"),
    action("invert", "i", "turn the order round", ORDERED, call="invert_sort"),
    action(
        "wide",
        "w",
        "other columns, with the whole id; in a text, wrap long lines or cut them",
        at(KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.DETAIL),
    ),
    action(
        "columns", "c", "choose which columns are shown", at(KeyPlace.JOBS, KeyPlace.SYSTEMS), call="choose_columns"
    ),
    action("copy", "y", "copy the id, error, payload, JSON or command", JOB_PLACES, rank=13),
    action("left tab", "left_square_bracket", "the tab to the left", at(KeyPlace.DETAIL), call="turn_tab(-1)"),
    action(
        "right tab",
        "right_square_bracket",
        "the tab to the right",
        at(KeyPlace.DETAIL),
        call="turn_tab(1)",
        label="next tab",
        rank=3,
    ),
)

# Acts on jobs and queues, each through a dialog

ACTS = (
    action(
        "retry",
        "R",
        "run the marked jobs, or those of a group, again; frees a job whose worker is lost",
        JOB_PLACES | {KeyPlace.GROUPS},
        call="act('retry')",
        verb=Verb.RETRY,
        rank=5,
    ),
    action(
        "cancel",
        "C",
        "cancel the marked jobs; a running one ends when its handler looks",
        JOB_PLACES,
        call="act('cancel')",
        verb=Verb.CANCEL,
        rank=7,
    ),
    action(
        "delete",
        "D",
        "delete the marked jobs, or those of a group, for good",
        JOB_PLACES | {KeyPlace.GROUPS},
        call="act('delete')",
        verb=Verb.DELETE,
        rank=8,
    ),
    action(
        "purge",
        "X",
        "delete all that match the filter, written to a file first",
        at(KeyPlace.JOBS, KeyPlace.SYSTEMS),
        verb=Verb.DELETE,
        rank=12,
    ),
    action(
        "pause",
        "P",
        "pause or resume a queue",
        at(KeyPlace.JOBS, KeyPlace.SYSTEMS, KeyPlace.DETAIL, KeyPlace.OVERVIEW),
        label="pause queue",
        verb=Verb.PAUSE,
        rank=9,
    ),
)

UPKEEP = (
    action(
        "upkeep",
        "U",
        "chores that a mapping file declares beside the jobs, as ending workers; and tokens",
        at(KeyPlace.WORKERS),
        verb=Verb.UPKEEP,
    ),
)

# Acts on the schedule under the cursor, each through a dialog

SCHEDULES = (
    action(
        "run now",
        "R",
        "make a job of this schedule now; its slots stay as they are",
        at(KeyPlace.SCHEDULES),
        verb=Verb.RUN,
        rank=4,
    ),
    action(
        "pause schedule",
        "P",
        "pause or resume this schedule",
        at(KeyPlace.SCHEDULES),
        label="pause",
        verb=Verb.PAUSE,
        rank=5,
    ),
    action(
        "remove schedule",
        "D",
        "remove this schedule; the jobs it made stay",
        at(KeyPlace.SCHEDULES),
        label="remove",
        verb=Verb.UNSCHEDULE,
        rank=8,
    ),
)

# The event under the cursor

EVENTS = (
    action(
        "trace",
        "t",
        "all that has the correlation id of this event, over all its jobs; Esc shows everything again",
        at(KeyPlace.EVENTS),
        rank=4,
    ),
    action(
        "only job",
        "o",
        "the events of this job alone, also of one that is gone; Esc shows everything again",
        at(KeyPlace.EVENTS),
        label="only its job",
        rank=5,
    ),
)

# Views that list the same data one by one or grouped

_ASIDE = "right_square_bracket,left_square_bracket"

GROUPED = (
    action(
        "show groups",
        _ASIDE,
        "dead letters that are alike: a row for each type and error",
        at(KeyPlace.FAILURES),
        call="app.view('groups')",
        label="groups",
        shown="]",
        rank=4,
    ),
    action(
        "show latest",
        _ASIDE,
        "the latest dead letters one by one",
        at(KeyPlace.GROUPS),
        call="app.view('failures')",
        label="one by one",
        shown="[",
        rank=6,
    ),
    action(
        "show all events",
        _ASIDE,
        "what happens in all systems, the newest first",
        at(KeyPlace.SYSTEMS),
        call="app.view('all_events')",
        label="events",
        shown="]",
        rank=10,
    ),
    action(
        "show all jobs",
        _ASIDE,
        "the jobs of all systems",
        at(KeyPlace.ALL_EVENTS),
        call="app.view('systems')",
        label="jobs",
        shown="[",
        rank=4,
    ),
    action(
        "show lives",
        _ASIDE,
        "what happened to each job in one row, and what is missing in it",
        at(KeyPlace.EVENTS),
        call="app.view('lives')",
        label="lives",
        shown="]",
        rank=4,
    ),
    action(
        "show log",
        _ASIDE,
        "the events one by one",
        at(KeyPlace.LIVES),
        call="app.view('events')",
        label="one by one",
        shown="[",
        rank=4,
    ),
)

# Moving in a table, opening rows and marking them

ROW_PANE = at(
    KeyPlace.JOBS,
    KeyPlace.SYSTEMS,
    KeyPlace.FAILURES,
    KeyPlace.GROUPS,
    KeyPlace.SCHEDULES,
    KeyPlace.EVENTS,
    KeyPlace.ALL_EVENTS,
    KeyPlace.LIVES,
    KeyPlace.DATABASE,
)

TABLE = (
    action(
        "open",
        "enter",
        "open what is under the cursor: a job, the jobs of a queue or worker, a schedule's last job, an event's job",
        at(KeyPlace.TABLE),
        call="select",
        rank=3,
    ),
    action("mark", "space", "mark the job and go down", at(KeyPlace.MARKS), call="mark_down", rank=6),
    action("range", "v", "mark from the last mark to here", at(KeyPlace.MARKS), call="mark_range", label="mark range"),
    action("mark all", "a", "mark all rows read so far; again: all that match", at(KeyPlace.MARKS)),
    action("unmark", "u", "take all marks away", at(KeyPlace.MARKS), call="unmark_all"),
    action("down", "down,j", "one down", at(KeyPlace.TABLE), call="move(1)", shown="j"),
    action("up", "up,k", "one up", at(KeyPlace.TABLE), call="move(-1)", shown="k"),
    action("first", "g,home", "the first row", at(KeyPlace.TABLE)),
    action("last", "G,end", "the last row read so far; more are read as you go", at(KeyPlace.TABLE)),
    action(
        "left",
        "left,h",
        "the columns further left again",
        at(KeyPlace.TABLE),
        call="move_columns(-1)",
        label="columns left",
    ),
    action(
        "right",
        "right,l",
        "the columns that have no room, where the heading ends in >",
        at(KeyPlace.TABLE),
        call="move_columns(1)",
        label="more columns",
    ),
    action("page down", "pagedown", "one page down", at(KeyPlace.TABLE), call="move_pages(1.0)"),
    action("page up", "pageup", "one page up", at(KeyPlace.TABLE), call="move_pages(-1.0)"),
    action(
        "half down", "ctrl+d", "half a page down", at(KeyPlace.TABLE), call="move_pages(0.5)", label="half page down"
    ),
    action("half up", "ctrl+u", "half a page up", at(KeyPlace.TABLE), call="move_pages(-0.5)", label="half page up"),
    action(
        "pane down",
        "J",
        "scroll what is told of the row under the cursor",
        ROW_PANE,
        call="scroll_pane(3)",
        label="scroll down",
    ),
    action("pane up", "K", "scroll it back", ROW_PANE, call="scroll_pane(-3)", label="scroll up"),
)
