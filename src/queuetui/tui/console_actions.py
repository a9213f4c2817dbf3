"""The actions that work everywhere, those that are commands only, and the keys of dialogs and texts."""

from __future__ import annotations

from queuetui.tui.action import KeyPlace, action, at

GENERAL = (
    action("help", "question_mark,f1", "all keys of this screen; type to search", rank=1),
    action("command", "colon,ctrl+p", "run anything by its name", shown=": ctrl+p", rank=6),
    action(
        "back",
        "q",
        "leave this screen, else the filter, tab or queue, else go where you came from; on all jobs it ends the console",
        rank=20,
    ),
    action("quit", "ctrl+c", "end the console, from anywhere", is_first=True),
    action(
        "suspend", "ctrl+z", "go to the shell, also from a dialog; fg comes back", call="suspend_process", is_first=True
    ),
    action(
        "close",
        "escape",
        "close; else clear the filter; else the marks; else go back; never ends the console",
        call="ladder",
    ),
    action("refresh", "r", "read the store now"),
    action("freeze", "z", "hold the screen still, or let it go on; reading goes on meanwhile"),
    action("slower", "plus", "read the store less often"),
    action("faster", "minus", "read the store more often"),
    action(
        "next",
        "tab",
        "the next view: Jobs, Overview, Dead letters, Workers, Schedules, Events, Database",
        call="next_view(1)",
        label="next view",
    ),
    action("previous", "shift+tab", "the previous view", call="next_view(-1)", label="previous view"),
    action(
        "overview", "0", "figures, the last hour, queues and the latest dead letters", call="view('overview')", rank=10
    ),
    action(
        "failures",
        "9",
        "the latest dead letters with error and attempts",
        call="view('failures')",
        label="dead letters",
        rank=11,
    ),
    action("workers", "W", "who works, on what, and who fell silent", call="view('workers')", rank=14),
    action("schedules", "S", "recurring jobs: next, last, overdue, paused", call="view('schedules')"),
    action(
        "events",
        "E",
        "what happens to jobs, queues and workers, the newest first; FILTER is of job: queue: event: correlation:",
        takes="[FILTER]",
    ),
    action(
        "database",
        "B",
        "what the server tells: sessions, who blocks whom, sizes, slow statements",
        call="view('database')",
    ),
    action(
        "use", "b", "choose which system or profile is shown, where there are several", label="system", takes="[NAME]"
    ),
    action(
        "systems",
        "A",
        "the jobs of all systems and profiles in one list, where there are several",
        call="view('systems')",
        label="all systems",
    ),
    action("queues", "Q", "choose the queue to look at", label="queue", rank=9),
)

TABS = tuple(
    action(name, digit, f"jobs: {meaning}", call=f"tab('{digit}')")
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
    action("jobs", "", "the jobs of all queues, or of one", takes="[QUEUE]"),
    action("filter", "", "filter the jobs", takes="[FILTER]"),
    action("groups", "", "dead letters that are alike, by type and error", call="view('groups')"),
    action("lives", "", "each job's life in one row, and its gaps", call="view('lives')"),
    action("rate", "", "read the store every so many seconds, 0.5 to 60", takes="SECONDS"),
    action("show", "", "open the job with this id, or one that ends so", takes="ID"),
)

# These have keys but no command: the dialog or text in which they work is not in front while a command is typed.
INNER_KEYS = (
    action(
        "cancel act",
        "escape",
        "change nothing; what is being done already goes on and tells its end",
        at(KeyPlace.ASK),
        call="cancel",
        label="go back",
    ),
    action(
        "refuse act",
        "n",
        "change nothing; a letter where a word is typed",
        at(KeyPlace.ASK),
        call="refuse",
        label="go back",
    ),
    action(
        "confirm act",
        "y",
        "do it; where a word is asked for, type it and press Enter",
        at(KeyPlace.ASK),
        call="confirm",
        label="confirm",
    ),
    action(
        "further by letter",
        "f",
        "look through the rest of what matches; F3 where a word is typed",
        at(KeyPlace.ASK),
        label="look further",
    ),
    action(
        "further by key",
        "f3",
        "look through the rest of what matches",
        at(KeyPlace.ASK),
        call="look_further",
        label="look further",
    ),
    action(
        "other button",
        "left,right",
        "go to the other button",
        at(KeyPlace.ASK),
        call="app.focus_next",
        shown="left right",
    ),
    action(
        "next option",
        "down",
        "the next way to do it, where there are several",
        at(KeyPlace.ASK),
        call="choose(1)",
        is_first=True,
    ),
    action("option before", "up", "the way before it", at(KeyPlace.ASK), call="choose(-1)", is_first=True),
    action("leave list", "escape", "choose nothing", at(KeyPlace.PICK), call="leave", label="leave"),
    action("list down", "down", "one down, while a text is typed", at(KeyPlace.PICK), call="move(1)", label="down"),
    action("list up", "up", "one up", at(KeyPlace.PICK), call="move(-1)", label="up"),
    action("list page down", "pagedown", "ten down", at(KeyPlace.PICK), call="move(10)", label="page down"),
    action("list page up", "pageup", "ten up", at(KeyPlace.PICK), call="move(-10)", label="page up"),
    action("complete", "tab", "complete what was typed", at(KeyPlace.COMMAND)),
    action("stop looking", "escape,q", "close without a job", at(KeyPlace.SEEK), call="leave", label="close"),
    action(
        "look on", "n,enter", "look on, one look after the other", at(KeyPlace.SEEK), call="go_on", label="look further"
    ),
    action(
        "leave form",
        "escape",
        "leave the form; the filter stays as it was",
        at(KeyPlace.FILTER),
        call="leave",
        label="leave",
    ),
    action("next field", "tab,down", "the next field", at(KeyPlace.FILTER), call="app.focus_next"),
    action("field before", "shift+tab,up", "the field before it", at(KeyPlace.FILTER), call="app.focus_previous"),
    action("empty form", "ctrl+u", "empty the form", at(KeyPlace.FILTER), call="clear", label="empty", is_first=True),
    action(
        "close help",
        "escape,enter,f1",
        "close the help",
        at(KeyPlace.HELP),
        call="leave",
        label="close",
        shown="esc enter",
        is_first=True,
    ),
    action("help down", "down", "one line down", at(KeyPlace.HELP), call="scroll(1)", label="down"),
    action("help up", "up", "one line up", at(KeyPlace.HELP), call="scroll(-1)", label="up"),
    action(
        "help page down",
        "pagedown,ctrl+d",
        "one page down",
        at(KeyPlace.HELP),
        call="scroll_pages(1)",
        label="page down",
        is_first=True,
    ),
    action(
        "help page up",
        "pageup,ctrl+u",
        "one page up",
        at(KeyPlace.HELP),
        call="scroll_pages(-1)",
        label="page up",
        is_first=True,
    ),
    action("text down", "j", "one line down", at(KeyPlace.TEXT), call="scroll_down", label="down"),
    action("text up", "k", "one line up", at(KeyPlace.TEXT), call="scroll_up", label="up"),
    action("text top", "g", "the first line", at(KeyPlace.TEXT), call="scroll_home", label="top"),
    action("text bottom", "G", "the last line", at(KeyPlace.TEXT), call="scroll_end", label="bottom"),
    action("text page down", "ctrl+d", "one page down", at(KeyPlace.TEXT), call="page_down", label="page down"),
    action("text page up", "ctrl+u", "one page up", at(KeyPlace.TEXT), call="page_up", label="page up"),
)
