"""What the row of a job's life tells: the steps of its last run, by tables of its events."""

from __future__ import annotations

import pytest

from queuetui.model.event import Event, EventKind
from queuetui.monitor.lives import tell_life
from tests.monitor.pictures import NOW
from tests.monitor.test_sequence import COMPLETED, CREATED, DUE, FAILED, LOST, RETRIED, SCHEDULED, STARTED, told

LIFE = (EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED, EventKind.JOB_COMPLETED)


@pytest.mark.parametrize(
    ("events", "ages", "end"),
    [
        (told(CREATED, SCHEDULED, STARTED, COMPLETED), "4 3 2 1", COMPLETED),
        (told(CREATED, SCHEDULED, COMPLETED, moments=[2]), "3 2 2 1", COMPLETED),
        (told(CREATED, SCHEDULED, STARTED, FAILED, RETRIED, SCHEDULED), "6 1 - -", None),
        (told(CREATED, SCHEDULED, STARTED, FAILED, RETRIED, SCHEDULED, COMPLETED, moments=[6]), "7 2 2 1", COMPLETED),
        (told(CREATED, SCHEDULED, FAILED, RETRIED, SCHEDULED, FAILED, moments=[2, 5]), "6 2 2 1", FAILED),
        (told(CREATED, SCHEDULED, STARTED, FAILED, RETRIED), "5 4 3 2", FAILED),
        (told(CREATED, SCHEDULED, STARTED, RETRIED, FAILED), "5 - - 1", FAILED),
        (
            told(CREATED, SCHEDULED, STARTED, LOST, DUE, SCHEDULED, LOST, fences={1: 1, 2: 1, 3: 1, 5: 2, 6: 1}),
            "7 2 - -",
            None,
        ),
        (
            told(
                CREATED,
                SCHEDULED,
                LOST,
                SCHEDULED,
                STARTED,
                LOST,
                COMPLETED,
                fences={1: 1, 2: 1, 3: 2, 4: 2, 5: 1, 6: 2},
                moments=[6],
            ),
            "7 4 3 1",
            COMPLETED,
        ),
    ],
)
def test_the_steps_of_a_life_are_of_its_last_run(events: list[Event], ages: str, end: str | None) -> None:
    """Steps of the run before are left out, and so is what a run that was lost tells later; the ages are of created to ended."""
    life = tell_life("j", events)
    steps = [life.at(kind) for kind in LIFE]
    shown = " ".join("-" if at is None else f"{(NOW - at).total_seconds():.0f}" for at in steps)
    assert (shown, life.end) == (ages, end)
