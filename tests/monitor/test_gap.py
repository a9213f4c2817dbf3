"""Where events and job do not join: a table of cases, and the same over a real log."""

from __future__ import annotations

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.act import Act, Verb
from queuetui.model.event import Event, EventKind
from queuetui.model.job import Job, NewJob
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code, Severity
from queuetui.monitor.diagnosis import gap
from queuetui.monitor.diagnosis.facts import Facts
from queuetui.monitor.feed import Feed
from tests.monitor.pictures import ago, facts, job, queue, running, worker

CREATED, SCHEDULED, STARTED = EventKind.JOB_CREATED, EventKind.JOB_SCHEDULED, EventKind.JOB_STARTED
RETRIED, LOST, PROGRESS = EventKind.JOB_RETRIED, EventKind.JOB_LOST, EventKind.JOB_PROGRESS
COMPLETED, FAILED, DUE = EventKind.JOB_COMPLETED, EventKind.JOB_FAILED, EventKind.JOB_DUE
HEARD = facts(worker("mail"))
ID = "0195a3f0-9c00-7000-8000-0000000000aa"


def told(*steps: tuple[EventKind, float]) -> list[Event]:
    """Return events of one job, the newest first, each some seconds ago; written here in the order in which they were."""
    return [
        Event(str(place), ago(seconds), kind, Untrusted("mail"), ID, Untrusted("w1"))
        for place, (kind, seconds) in reversed(list(enumerate(steps)))
    ]


@pytest.mark.parametrize(
    ("subject", "events", "picture", "words"),
    [
        (job(scheduled_at=ago(900)), told((CREATED, 900)), HEARD, "JobCreated and no JobScheduled or JobStarted since"),
        (job(scheduled_at=ago(400)), told((CREATED, 900), (DUE, 400)), HEARD, "due 6 m"),
        (job(scheduled_at=ago(900)), told((CREATED, 900), (SCHEDULED, 800), (LOST, 301)), HEARD, "JobLost and no"),
        (job(scheduled_at=ago(299)), told((CREATED, 900)), HEARD, None),
        (job(scheduled_at=ago(900)), told((CREATED, 900)), facts(queue(paused_s=60)), None),
        (job(queue="slow", scheduled_at=ago(900)), told((CREATED, 900)), HEARD, None),
        (
            running(400),
            told((CREATED, 500), (SCHEDULED, 400)),
            HEARD,
            "JobScheduled 6 m ago on web-1 pid 4411 and no end",
        ),
        (running(400), told((SCHEDULED, 401), (STARTED, 400), (PROGRESS, 1)), HEARD, "JobStarted 6 m ago"),
        (running(299), told((CREATED, 500), (SCHEDULED, 299)), HEARD, None),
        (running(10), told((CREATED, 500)), HEARD, "the log has JobCreated and then no JobScheduled"),
        (running(10), told((SCHEDULED, 11), (RETRIED, 9)), HEARD, None),
        (running(10), told((CREATED, 500), (SCHEDULED, 10), (COMPLETED, 1)), HEARD, None),
        (job(State.COMPLETED, completed_at=ago(5)), told((CREATED, 9)), HEARD, "though the job is completed"),
        (
            job(State.COMPLETED, completed_at=ago(5)),
            told((SCHEDULED, 9), (STARTED, 8)),
            HEARD,
            "JobStarted and then no end",
        ),
        (job(State.COMPLETED, completed_at=ago(5)), told((SCHEDULED, 9), (COMPLETED, 5)), HEARD, None),
        (job(State.FAILED, completed_at=ago(5)), told((SCHEDULED, 9)), HEARD, "though the job is failed"),
        (job(State.FAILED, completed_at=ago(5)), told((LOST, 5), (FAILED, 5)), HEARD, None),
        (job(State.CANCELLED, completed_at=ago(5)), told((CREATED, 9)), HEARD, None),
        (job(State.RETRYING, updated_at=ago(5)), told((SCHEDULED, 9)), HEARD, "though the job is retrying"),
        (job(State.RETRYING, updated_at=ago(5)), told((RETRIED, 5), (DUE, 1), (SCHEDULED, 1)), HEARD, None),
        (job(updated_at=ago(5), scheduled_at=ago(5)), told((CREATED, 5), (SCHEDULED, 1)), HEARD, None),
        (job(State.COMPLETED), told((SCHEDULED, 9)), HEARD, None),
        (job(scheduled_at=ago(900)), told((PROGRESS, 900)), HEARD, None),
        (job(scheduled_at=ago(900)), [], HEARD, None),
    ],
)
def test_a_gap_is_a_step_that_is_missing(subject: Job, events: list[Event], picture: Facts, words: str | None) -> None:
    """Created and never assigned, begun and never ended, or a log behind its job; a log that is ahead is none."""
    verdict = gap.judge(subject, events, picture, is_logged=True)
    if words is None:
        assert verdict is None
    else:
        assert verdict is not None
        assert (verdict.code, verdict.severity, verdict.stuck) == (Code.GAP, Severity.WARNING, False)
        assert words in verdict.summary
        assert "queuetui " in verdict.next


def test_steps_that_were_never_to_be_logged_are_not_missed() -> None:
    """Where a queue's events are off, a log behind its job is none of a gap; a wait too long still is."""
    assert gap.judge(job(State.FAILED, completed_at=ago(5)), told((SCHEDULED, 9)), HEARD, is_logged=False) is None
    assert gap.judge(job(scheduled_at=ago(900)), told((CREATED, 900)), HEARD, is_logged=False) is not None


def test_a_feed_tells_the_gap_of_a_job_that_nobody_took() -> None:
    """Over a real log: no gap at first, one when the limit is over, none where events were off."""
    now = [ago(0)]
    backend = MemoryBackend(MemoryStore(clock=lambda: now[0]), BackendOptions(name="memory"))
    feed = Feed(backend, Limits(stuck_after_s=300))
    backend.operator.apply_to_queue(Act(Verb.EVENTS_OFF, "ana"), "quiet")
    backend.jobs.enqueue(
        [NewJob(ID, "Send", b"{}", queue="mail"), NewJob(ID[:-2] + "bb", "Send", b"{}", queue="quiet")]
    )
    assert feed.open(ID, events=50).gap is None
    now[0] = ago(-400)
    found = feed.open(ID, events=50).gap
    assert found is not None
    assert found.evidence["event"] == "JobCreated"
    assert feed.open(ID[:-2] + "bb", events=50).gap is None
    assert feed.open(ID).gap is None
