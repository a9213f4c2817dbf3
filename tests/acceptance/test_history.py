"""The judge of the soak is judged: every kind of broken promise is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from queuetui.model.act import JobRef
from queuetui.model.clock import from_us
from queuetui.model.job import Attempt, Job, JobError
from queuetui.model.snapshot import TallyMinute
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from tests.acceptance.history import History
from tests.acceptance.sink import Event

SECOND_NS = 1_000_000_000
START = from_us(0)


def event(kind: str, second: float, pid: int = 1, fence: int = 0, number: int = 5) -> Event:
    """Return an event of the one job, so many seconds after the start."""
    at_ns = round(second * SECOND_NS)
    return Event(kind, at_ns, at_ns, pid, "a", fence, number)


def attempt(fence: int, outcome: str, second: float) -> Attempt:
    """Return a kept attempt."""
    return Attempt(fence, outcome, None, None, None, START + timedelta(seconds=second))


def stored(**changes: Any) -> Job:
    """Return the one job as it is stored in the end."""
    text = Untrusted("x")
    return replace(Job(JobRef("s", "a", "1"), text, text, State.COMPLETED, text, attempts=2, lost=1), **changes)


# Enqueued; a run fails; a run is killed; a run ends well.
EVENTS = (
    event("enqueued", 0),
    event("start", 1, pid=7, fence=1),
    event("fail", 2, pid=7, fence=1),
    event("start", 3, pid=7, fence=2),
    event("killed", 4, pid=7),
    event("start", 6, pid=8, fence=3),
    event("end", 7, pid=8, fence=3),
)
ATTEMPTS = (attempt(1, "retry", 2.5), attempt(2, "lost", 5))
TALLY = TallyMinute(START, enqueued=1, started=3, completed=1, retried=1, lost=1)


def judge(
    events: tuple[Event, ...] = EVENTS,
    job: Job | None = None,
    attempts: tuple[Attempt, ...] = ATTEMPTS,
    tally: TallyMinute = TALLY,
) -> list[str]:
    """Return the broken promises of a history."""
    return History(events, (job or stored(),), {"a": attempts}, (tally,)).check()


def test_a_history_with_harm_but_no_fault_is_fine() -> None:
    """A failure, a kill and their recorded causes break no promise."""
    assert judge() == []


def without(*kinds_and_fences: tuple[str, int]) -> tuple[Event, ...]:
    """Return the events less some."""
    return tuple(one for one in EVENTS if (one.kind, one.fence) not in kinds_and_fences)


FAULTS: dict[str, dict[str, Any]] = {
    "stored but never enqueued": {"events": without(("enqueued", 0))},
    "not in a final state": {"job": stored(state=State.PENDING)},
    "ran with another payload": {"events": (*without(("start", 3)), event("start", 6, 8, 3, number=6))},
    "was followed by": {"events": (*EVENTS, event("start", 8, 8, 3), event("end", 9, 8, 3))},
    "overlap": {"events": (*without(("start", 3)), event("start", 3.5, 8, 3))},
    "the store says nothing": {"attempts": ATTEMPTS[:1]},
    "the store says retry": {"attempts": (ATTEMPTS[0], attempt(2, "retry", 5))},
    "completed by a run that ended as killed": {"events": without(("start", 3), ("end", 3))},
    "completed by a run that ended as fail": {"events": (*without(("end", 3)), event("fail", 7, 8, 3))},
    "counts 3 attempts": {"job": stored(attempts=3)},
    "counts 2 losses": {"job": stored(lost=2)},
    "ended after the next run began": {"attempts": (ATTEMPTS[0], attempt(2, "lost", 6.5))},
    "transitions counted": {"tally": replace(TALLY, completed=2)},
    "quarantined after 1 losses": {
        "job": stored(state=State.FAILED, error=JobError(Untrusted("PoisonPill"), Untrusted(""), Untrusted("")))
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_promise_is_told(fault: str) -> None:
    """Each kind of fault, planted in a fine history, is found."""
    assert any(fault in told for told in judge(**FAULTS[fault])), judge(**FAULTS[fault])


def test_a_lost_or_doubled_job_is_told() -> None:
    """A job that was acknowledged and is not there, or is there twice, is found."""
    assert any("acknowledged but not stored" in told for told in History(EVENTS, (), {}, (TALLY,)).check())
    doubled = History(EVENTS, (stored(), stored()), {"a": ATTEMPTS}, (TALLY,)).check()
    assert any("stored more than once" in told for told in doubled)
