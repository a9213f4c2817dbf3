"""Claims of jobs that need tags, and of those that waiting makes urgent."""

from __future__ import annotations

from queuetui.backends.backend import NativeBackend
from queuetui.model.job import Ending
from tests.conformance.rule_scenes import limit
from tests.conformance.scenes import (
    add,
    add_one,
    card,
    claim,
    claim_one,
    settle,
    store_now,
)
from tests.waiting import wait_until


def test_a_job_with_needs_waits_for_a_worker_with_the_tags(backend: NativeBackend) -> None:
    """Only a worker whose registration names every needed tag is given the job; others are given what is behind it."""
    backend.jobs.register(card("plain"))
    backend.jobs.register(card("half", tags=("gpu",)))
    backend.jobs.register(card("able", tags=("gpu", "eu", "big")))
    needy = add_one(backend, needs=("gpu", "eu"))
    simple = add_one(backend)
    assert [job.id for job in claim(backend, 5, worker="plain")[1]] == [simple]
    assert claim(backend, 5, worker="half")[1] == ()
    assert claim(backend, 5, worker="nobody")[1] == ()
    assert [job.id for job in claim(backend, 5, worker="able")[1]] == [needy]


def test_a_job_with_needs_keeps_them_through_a_retry(backend: NativeBackend) -> None:
    """A job that failed goes to a worker with the tags again."""
    backend.jobs.register(card("able", tags=("gpu",)))
    add_one(backend, needs=("gpu",))
    lease, claimed = claim_one(backend, worker="able")
    assert settle(backend, lease, claimed, Ending.RETRY)
    wait_until(lambda: backend.jobs.promote(10) == 1)
    assert claim(backend, 5, worker="plain")[1] == ()
    assert len(backend.jobs.step(lease.id, [], 1).claimed) == 1


def test_jobs_with_needs_come_with_others_in_one_call(backend: NativeBackend) -> None:
    """Needs hold for jobs sent many at a time, in every queue that they name."""
    queues = ["a", "b"]
    for queue in queues:
        add(backend, 120, queue=queue)
    add(backend, 120, queue="a", needs=("gpu",))
    assert len(claim(backend, 200, "a")[1]) == 120
    assert len(claim(backend, 200, "b")[1]) == 120


def test_waiting_makes_more_urgent(backend: NativeBackend) -> None:
    """With ageing a job due earlier by so much a priority goes first; without it the priority alone decides."""
    old = add_one(backend, priority=0)
    since = store_now(backend)
    wait_until(lambda: (store_now(backend) - since).total_seconds() > 0.25, interval_s=0.01)
    near, far = add_one(backend, priority=2), add_one(backend, priority=1_000)
    limit(backend, ageing_s=0.1)
    _, claimed = claim(backend, 10)
    assert [job.id for job in claimed] == [far, old, near]


def test_many_priorities_age_together(backend: NativeBackend) -> None:
    """A claim that takes few of many takes the most urgent ones."""
    limit(backend, ageing_s=3600)
    jobs = {priority: add(backend, 30, priority=priority) for priority in (1, 2, 3, 4)}
    lease, claimed = claim(backend, 35)
    assert [job.id for job in claimed] == jobs[4] + jobs[3][:5]
    assert [job.id for job in backend.jobs.step(lease.id, [], 30).claimed] == jobs[3][5:] + jobs[2][:5]
