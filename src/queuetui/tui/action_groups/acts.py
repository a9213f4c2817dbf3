"""What changes jobs and queues, each through a dialog."""

from __future__ import annotations

from queuetui.model.act import Verb
from queuetui.tui.action import JOB_PLACES, Action, KeyPlace, at

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
