"""What can be done with the event under the cursor."""

from __future__ import annotations

from queuetui.tui.action import Action, KeyPlace, at

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
