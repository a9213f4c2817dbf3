"""Which jobs are stuck."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from queuetui.model.act import JobRef
from queuetui.model.clock import EPOCH
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.stuck import is_stuck
from queuetui.model.text import Untrusted
from queuetui.model.waiting_queues import WaitingQueues, judge_waiting
from tests.monitor.pictures import worker

NOW = EPOCH + timedelta(days=20_000)
LIMITS = Limits(stuck_after_s=300, per_queue_s={"slow": 3600}, per_type_s={"Long": 7200})
JOB = Job(JobRef("b", "1", "1"), Untrusted("Send"), Untrusted("mail"), State.PENDING, Untrusted("{}"))


def ago(seconds: float) -> datetime:
    """Return the time so many seconds before NOW."""
    return NOW - timedelta(seconds=seconds)


def running(started_s: float, lease_s: float | None = 30, queue: str = "mail", job_type: str = "Send") -> Job:
    """Return a processing job that began some seconds ago, with a lease that goes on for some seconds."""
    until = None if lease_s is None else ago(-lease_s)
    started = ago(started_s)
    return replace(
        JOB,
        state=State.PROCESSING,
        queue=Untrusted(queue),
        type=Untrusted(job_type),
        started_at=started,
        claimed_at=started,
        lease_until=until,
    )


@pytest.mark.parametrize(
    ("job", "stuck"),
    [
        (running(10), False),
        (running(10, lease_s=None), True),
        (running(10, lease_s=-1), True),
        (running(301), True),
        (running(301, queue="slow"), False),
        (running(3601, queue="slow"), True),
        (running(3601, queue="slow", job_type="Long"), False),
        (replace(running(10), started_at=None, claimed_at=ago(301)), True),
        (replace(running(10), started_at=None, claimed_at=None), False),
    ],
)
def test_a_run_is_stuck_past_its_limit_or_without_a_lease(job: Job, stuck: bool) -> None:
    """A processing job is stuck when its lease is over or missing, or when it runs past its type's or queue's limit."""
    assert is_stuck(job, NOW, LIMITS, WaitingQueues()) is stuck


@pytest.mark.parametrize(
    ("due_s", "unheard", "stuck"), [(301, {"mail"}, True), (299, {"mail"}, False), (9999, {"other"}, False)]
)
def test_a_waiting_job_is_stuck_when_long_due_and_unheard(due_s: float, unheard: set[str], stuck: bool) -> None:
    """A waiting job, put off or not, is stuck only when it is due past the limit in a queue that nobody listens to."""
    for state in (State.PENDING, State.SCHEDULED, State.RETRYING):
        waiting = WaitingQueues(frozenset(unheard))
        assert is_stuck(replace(JOB, state=state, scheduled_at=ago(due_s)), NOW, LIMITS, waiting) is stuck


@pytest.mark.parametrize(
    ("due_s", "idle", "stuck"), [(601, {"mail"}, True), (599, {"mail"}, False), (601, {"other"}, False)]
)
def test_a_waiting_job_is_stuck_when_overdue_in_an_idle_queue(due_s: float, idle: set[str], stuck: bool) -> None:
    """A job of a queue that is listened to is stuck only past its limit, where nothing of the queue is taken."""
    waiting = WaitingQueues(idle=frozenset(idle))
    assert is_stuck(replace(JOB, scheduled_at=ago(due_s)), NOW, LIMITS, waiting) is stuck


@pytest.mark.parametrize("state", [State.FAILED, State.COMPLETED, State.CANCELLED])
def test_no_other_state_is_stuck(state: State) -> None:
    """Jobs that are over are never stuck."""
    job = replace(JOB, state=state, scheduled_at=ago(9999), claimed_at=ago(9999))
    assert not is_stuck(job, NOW, LIMITS, WaitingQueues(frozenset({"mail"}), frozenset({"mail"})))


@pytest.mark.parametrize(("up_s", "idle"), [(599, set()), (600, {"mail"}), (None, {"mail"})])
def test_a_queue_is_idle_once_a_worker_has_had_the_time(up_s: float | None, idle: set[str]) -> None:
    """A worker that began a moment ago has not left the jobs that were due before."""
    since = None if up_s is None else NOW - timedelta(seconds=up_s)
    one = replace(worker("mail"), started_at=since, beat_at=NOW)
    assert judge_waiting({"mail"}, {"mail"}, [one], NOW, LIMITS).idle == idle
