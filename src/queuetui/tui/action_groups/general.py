"""What can be done everywhere: help, ways out, views, the pace of reading; and what is only a command."""

from __future__ import annotations

from queuetui.tui.action import Action

GENERAL = (
    Action("help", "question_mark,f1", "?", "help", "all keys of this screen; type to search", "help", rank=1),
    Action("command", "colon,ctrl+p", ": ctrl+p", "command", "run anything by its name", "command", rank=6),
    Action(
        "back",
        "q",
        "q",
        "back",
        "leave this screen, else the filter, tab or queue, else go where you came from; on all jobs it ends the console",
        "back",
        rank=20,
    ),
    Action("quit", "ctrl+c", "ctrl+c", "quit", "end the console, from anywhere", "quit"),
    Action(
        "suspend",
        "ctrl+z",
        "ctrl+z",
        "suspend",
        "go to the shell, also from a dialog; fg comes back",
        "suspend_process",
    ),
    Action(
        "close",
        "escape",
        "esc",
        "close",
        "close; else clear the filter; else the marks; else go back; never ends the console",
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
        "the next view: Jobs, Overview, Dead letters, Workers, Schedules, Events",
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
    Action(
        "events",
        "E",
        "E",
        "events",
        "what happens to jobs, queues and workers, the newest first; FILTER is of job: queue: event: correlation:",
        "events",
        takes="[FILTER]",
    ),
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

COMMANDS = (
    Action("jobs", "", "", "jobs", "the jobs of all queues, or of one", "jobs", takes="[QUEUE]"),
    Action("filter", "", "", "filter", "filter the jobs", "filter", takes="[FILTER]"),
    Action("rate", "", "", "rate", "read the store every so many seconds, 0.5 to 60", "rate", takes="SECONDS"),
    Action("show", "", "", "show", "open the job with this id, or one that ends so", "show", takes="ID"),
)
