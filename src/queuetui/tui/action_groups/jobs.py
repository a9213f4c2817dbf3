"""What can be done with a list of jobs and with one of them."""

from __future__ import annotations

from queuetui.tui.action import JOB_PLACES, Action, KeyPlace, at

ORDERED = at(KeyPlace.JOBS, KeyPlace.OVERVIEW, KeyPlace.FAILURES, KeyPlace.WORKERS, KeyPlace.SCHEDULES)

JOBS = (
    Action(
        "search",
        "slash",
        "/",
        "filter",
        "filter as you type; Enter keeps it, Esc clears it",
        "live_filter",
        at(KeyPlace.JOBS, KeyPlace.EVENTS),
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
