"""What changes the schedule under the cursor, each through a dialog."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.tui.action import Action, KeyPlace, at

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
