"""How spans, names and commands are put in a verdict."""

from __future__ import annotations

import shlex

from queuetui.model.job import Job
from queuetui.model.text import SafeText, Untrusted, sanitize

NAME_CAP = 40
SHORT_ID = 8
_STEPS = ((86400.0, "d"), (3600.0, "h"), (60.0, "m"))


def span(seconds: float) -> str:
    """Return a span in its two largest units: `41 m`, `2 h 5 m`, `12 s`."""
    seconds = max(0.0, seconds)
    for index, (size, unit) in enumerate(_STEPS):
        if seconds >= size:
            rest, smaller = int(seconds % size), _STEPS[index + 1] if index + 1 < len(_STEPS) else (1.0, "s")
            tail = f" {int(rest // smaller[0])} {smaller[1]}" if seconds < 10 * size and rest >= smaller[0] else ""
            return f"{int(seconds // size)} {unit}{tail}"
    return f"{int(seconds)} s"


def name(text: Untrusted | None) -> SafeText:
    """Return a name made safe and short enough for a sentence."""
    return sanitize(text if text is not None else "unknown", NAME_CAP)


def argument(text: Untrusted) -> str:
    """Return a name as one word of a shell command."""
    return shlex.quote(sanitize(text, 200))


def act_on(verb: str, job: Job) -> str:
    """Return the command that does `verb` to one job."""
    return f"queuetui {verb} --id {argument(Untrusted(job.ref.id))}"
