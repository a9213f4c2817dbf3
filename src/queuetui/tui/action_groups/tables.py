"""How a table is moved in, opened and marked."""

from __future__ import annotations

from queuetui.tui.action import Action, KeyPlace, at

TOLD = at(KeyPlace.JOBS, KeyPlace.FAILURES, KeyPlace.SCHEDULES, KeyPlace.EVENTS)

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
