"""Which sequences of events have a gap: a table of cases."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from queuetui.model.event import Event, EventKind
from queuetui.model.text import Untrusted
from queuetui.monitor.sequence import LogTraits, find_gaps
from tests.monitor.pictures import NOW, ago

CREATED, DUE, SCHEDULED, STARTED = "JobCreated", "JobDue", "JobScheduled", "JobStarted"
COMPLETED, FAILED, RETRIED, LOST, CANCELLED = "JobCompleted", "JobFailed", "JobRetried", "JobLost", "JobCancelled"
LIMIT_S = 300.0


def told(
    *steps: str | tuple[str, float], moments: Iterable[int] = (), fences: dict[int, int] | None = None
) -> list[Event]:
    """Return the events of one job, newest first; written oldest first, a second apart unless their age is given."""
    events = []
    for place, step in enumerate(steps):
        word, age_s = step if isinstance(step, tuple) else (step, float(len(steps) - place))
        moment, fence = ago(age_s + 1) if place in moments else None, (fences or {}).get(place)
        events.append(
            Event(str(place), ago(age_s), EventKind(word), Untrusted("mail"), "j", moment=moment, fence=fence)
        )
    return events[::-1]


def gaps(events: list[Event], *, own: bool = True, is_whole: bool = False, off: tuple[float, ...] = ()) -> list[str]:
    """Return the gaps in words."""
    kinds = frozenset(event.kind for event in events) | {EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED}
    traits = LogTraits(kinds, own, {"mail": [ago(seconds) for seconds in off]})
    return [f"{gap.kind}: {gap.text}" for gap in find_gaps(events, traits, NOW, LIMIT_S, is_whole=is_whole)]


@pytest.mark.parametrize(
    "events",
    [
        told(CREATED, SCHEDULED, STARTED, COMPLETED),
        told(CREATED, SCHEDULED, COMPLETED, moments=[2]),
        told(CREATED, SCHEDULED, STARTED, RETRIED, DUE, SCHEDULED, STARTED, FAILED),
        told(CREATED, SCHEDULED, STARTED, FAILED, RETRIED, SCHEDULED, STARTED, COMPLETED),
        told(CREATED, SCHEDULED, STARTED, LOST, DUE, SCHEDULED, STARTED, LOST, FAILED),
        told(CREATED, SCHEDULED, "JobReleased", SCHEDULED, STARTED, "JobSnoozed", DUE, SCHEDULED, STARTED, COMPLETED),
        told(CREATED, CANCELLED),
        told(CREATED, CANCELLED, RETRIED, SCHEDULED, STARTED, "JobProgress", "JobCancelRequested", CANCELLED),
        told(CREATED, "JobDeleted"),
        told(CREATED, FAILED),
        told(STARTED, COMPLETED),
        told((CREATED, 299)),
        told(
            CREATED, SCHEDULED, LOST, SCHEDULED, STARTED, LOST, COMPLETED, fences={1: 1, 2: 1, 3: 2, 4: 2, 5: 1, 6: 2}
        ),
    ],
)
def test_what_can_happen_is_no_gap(events: list[Event]) -> None:
    """Retries, losses, cancels, runs too short for a JobStarted and logs whose beginning is gone are not accused."""
    assert gaps(events) == []


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (told((CREATED, 301)), ["never_assigned: JobCreated and nothing since for 5 m 1 s"]),
        (told((CREATED, 900), (SCHEDULED, 400)), ["never_started: JobScheduled and nothing since for 6 m 40 s"]),
        (told((CREATED, 900), (SCHEDULED, 400), (STARTED, 399)), ["never_ended: JobStarted and nothing since for 6 m 39 s"]),
        (told((CREATED, 900), (RETRIED, 400)), ["never_assigned: JobRetried and nothing since for 6 m 40 s"]),
        (told(CREATED, STARTED, COMPLETED), ["step_missing: no JobScheduled"]),
        (told(CREATED, SCHEDULED, COMPLETED), ["step_missing: no JobStarted"]),
        (told(CREATED, COMPLETED), ["step_missing: no JobScheduled", "step_missing: no JobStarted"]),
        (told(SCHEDULED, STARTED, SCHEDULED, STARTED, COMPLETED), ["never_ended: JobStarted and no end before the next JobScheduled"]),
        (told(SCHEDULED, STARTED, COMPLETED, STARTED, COMPLETED), ["impossible_order: JobStarted after JobCompleted"]),
        (told(CREATED, SCHEDULED, STARTED, COMPLETED, FAILED), ["impossible_order: JobFailed after JobCompleted"]),
        (told(CREATED, SCHEDULED, CREATED, SCHEDULED, STARTED, COMPLETED), ["impossible_order: JobCreated after JobScheduled"]),
    ],
)  # fmt: skip
def test_what_cannot_happen_is_a_gap(events: list[Event], found: list[str]) -> None:
    """Never assigned, never started, never ended, a step that is missing, an order that cannot be."""
    assert gaps(events) == found


def test_a_job_that_is_not_due_was_not_forgotten() -> None:
    """Its wait begins when it is due."""
    event = Event("0", ago(4000), EventKind.JOB_CREATED, Untrusted("mail"), "j", moment=ago(200))
    assert gaps([event]) == []


def test_what_happened_while_events_were_off_is_not_missed() -> None:
    """Between two events with the switch between them anything may have happened, also after the last."""
    assert gaps(told((CREATED, 900), (COMPLETED, 500)), off=(700.0,)) == []
    assert gaps(told((CREATED, 900)), off=(700.0,)) == []


@pytest.mark.parametrize(
    ("events", "found"),
    [
        (told(CREATED, SCHEDULED, STARTED, FAILED, SCHEDULED, STARTED, COMPLETED), []),
        (told(CREATED, SCHEDULED, STARTED, FAILED, FAILED), []),
        (told(SCHEDULED, STARTED, COMPLETED), ["step_missing: no JobCreated"]),
        (told(CREATED, FAILED), ["step_missing: no JobScheduled", "step_missing: no JobStarted"]),
        (told(CREATED, SCHEDULED, COMPLETED, STARTED), ["impossible_order: JobCompleted before JobStarted"]),
    ],
)
def test_the_log_of_another_product_is_held_to_less(events: list[Event], found: list[str]) -> None:
    """It may not tell of a retry, and have two words for one end; what it has out of order is one fault, not two."""
    assert gaps(events, own=False, is_whole=True) == found
