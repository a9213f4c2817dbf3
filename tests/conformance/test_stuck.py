"""Stuck jobs: found by the store's own clock, by the rule that the model states."""

from __future__ import annotations

from dataclasses import replace

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from tests.conformance.rule_scenes import limit
from tests.conformance.scenes import (
    add,
    add_one,
    card,
    claim,
    claim_and_vanish,
    claim_one,
    ids,
    pause,
    run,
    select,
    settle,
    snapshot,
    store_now,
)
from tests.waiting import wait_until

SHORT = Limits(stuck_after_s=0.05, worker_silent_s=3600)


def stuck_ids(backend: NativeBackend, limits: Limits = SHORT) -> list[str]:
    """Return the stuck jobs; the count of the picture must agree."""
    found = ids(select(backend, "is:stuck", limits))
    assert snapshot(backend, limits=limits).stuck.value == len(found)
    return found


def wait_past(backend: NativeBackend, seconds: float) -> None:
    """Wait until the store's clock has gone on by so much."""
    since = store_now(backend)
    wait_until(lambda: (store_now(backend) - since).total_seconds() > seconds)


def test_an_orphan_is_stuck(backend: NativeBackend) -> None:
    """A processing job whose lease is over is stuck at once, whatever the limits, until it is swept."""
    job_id = add_one(backend)
    claim_and_vanish(backend)
    generous = Limits(stuck_after_s=3600)
    assert stuck_ids(backend, generous) == [job_id]
    backend.jobs.sweep(10)
    assert stuck_ids(backend, generous) == []


def test_a_run_over_its_limit_is_stuck(backend: NativeBackend) -> None:
    """A run held for longer than the limit is stuck though its worker beats; ended it is not."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    assert stuck_ids(backend, Limits()) == []
    wait_past(backend, 0.06)
    assert stuck_ids(backend) == [job_id]
    settle(backend, lease, claimed, Ending.COMPLETED)
    assert stuck_ids(backend) == []


def test_running_time_counts_from_the_start(backend: NativeBackend) -> None:
    """A run is judged by when its handler began, not by when it was claimed."""
    add(backend, 2)
    lease, (early, late) = claim(backend, 2)
    assert stuck_ids(backend, Limits(stuck_after_s=1800)) == []
    # Only the starts are an hour away from now, one behind and one ahead; both were claimed just now.
    runs = [Running(early.id, early.fence, running_s=3600.0), Running(late.id, late.fence, running_s=-3600.0)]
    backend.jobs.mark_running(lease.id, runs)
    assert stuck_ids(backend, Limits(stuck_after_s=1800)) == [early.id]
    assert stuck_ids(backend, Limits(stuck_after_s=0)) == [early.id]


BY_TYPE_THEN_QUEUE = [
    (Limits(0.05, per_type_s={"Import": 900}), False),
    (Limits(0.05, per_queue_s={"default": 900}), False),
    (Limits(900, per_type_s={"Import": 0.05}), True),
    (Limits(900, per_queue_s={"default": 0.05}), True),
    (Limits(0.05, per_queue_s={"default": 0.05}, per_type_s={"Import": 900}), False),
    (Limits(0.05, per_queue_s={"other": 900}, per_type_s={"Other": 900}), True),
    (Limits(0.05, learned_s={"Import": 900}), False),
    (Limits(0.05, learned_s={"Other": 900}), True),
    (Limits(900, learned_s={"Import": 0.05}), False),
    (Limits(0.05, per_type_s={"Import": 0.05}, learned_s={"Import": 900}), True),
    (Limits(0.05, per_queue_s={"default": 900}, learned_s={"Import": 0.05}), False),
]


def test_limits_hold_by_type_then_queue(backend: NativeBackend) -> None:
    """A type's own limit goes before its queue's, and that before the floor; what was learned of a type raises those two."""
    job_id = add_one(backend, type="Import")
    claim_one(backend)
    wait_past(backend, 0.06)
    for limits, stuck in BY_TYPE_THEN_QUEUE:
        assert stuck_ids(backend, limits) == ([job_id] if stuck else []), limits


def test_a_due_job_that_nobody_listens_for_is_stuck(backend: NativeBackend) -> None:
    """A pending job past the limit is stuck while no live worker listens to its queue."""
    job_id = add_one(backend)
    backend.jobs.register(card("w1", "mail"))
    assert stuck_ids(backend, Limits()) == []
    wait_past(backend, 0.06)
    assert stuck_ids(backend) == [job_id]
    backend.jobs.register(card("w2", "default"))
    assert stuck_ids(backend) == []


def test_a_due_job_that_is_not_taken_though_it_could_be_is_stuck(backend: NativeBackend) -> None:
    """A job past its limit is stuck while a worker listens with a free slot and nothing of its queue moves; a type or queue has its own."""
    job_id = add_one(backend, type="Import")
    backend.jobs.register(card("w2"))
    wait_past(backend, 0.06)
    floor = Limits(overdue_after_s=0.05, worker_silent_s=3600)
    assert stuck_ids(backend, floor) == [job_id]
    assert snapshot(backend, limits=floor).queues[0].stuck.value == 1
    assert stuck_ids(backend, replace(floor, overdue_per_type_s={"Import": 900})) == []
    assert stuck_ids(backend, replace(floor, overdue_per_queue_s={"default": 900})) == []
    assert stuck_ids(backend, Limits(900, overdue_per_type_s={"Import": 0.05})) == [job_id]
    limit(backend, rate="1/1h")
    assert stuck_ids(backend, floor) == []
    limit(backend, clear=True)
    backend.jobs.register(card("w2", "default", slots=0))
    assert stuck_ids(backend, floor) == []
    backend.jobs.register(card("w2"))
    pause(backend)
    assert stuck_ids(backend, floor) == []


def test_the_backlog_of_a_queue_that_moves_is_not_stuck(backend: NativeBackend) -> None:
    """While a run goes on, and for minutes after it, those behind it wait their turn, however long they are due."""
    add(backend, 2)
    lease, claimed = claim_one(backend)
    backend.jobs.register(card("w2"))
    wait_past(backend, 0.06)
    floor = Limits(overdue_after_s=0.05, worker_silent_s=3600)
    assert stuck_ids(backend, floor) == []
    settle(backend, lease, claimed, Ending.COMPLETED)
    assert stuck_ids(backend, floor) == []


@pytest.mark.parametrize("queues", [("default",), ()])
def test_a_silent_worker_listens_to_nothing(backend: NativeBackend, queues: tuple[str, ...]) -> None:
    """A worker that has not beaten for long does not count as a listener, until it beats again."""
    add(backend)
    backend.jobs.register(card("w1", *queues))
    strict = Limits(stuck_after_s=0.05, worker_silent_s=0.5)
    wait_until(lambda: len(select(backend, "is:stuck", strict)) == 1)
    assert stuck_ids(backend, SHORT) == []
    assert backend.jobs.beat("w1", None, stopping=False)
    assert select(backend, "is:stuck", Limits(stuck_after_s=0.05, worker_silent_s=30)) == []


def test_what_waits_with_a_reason_is_not_stuck(backend: NativeBackend) -> None:
    """Jobs of a paused queue, jobs that are not due, jobs to be retried and ended jobs are not stuck."""
    add(backend, queue="night")
    pause(backend, "night")
    add(backend, delay_s=3600)
    for how in (Ending.RETRY, Ending.FAILED, Ending.COMPLETED, Ending.CANCELLED):
        add(backend)
        run(backend, how, delay_s=3600)
    wait_past(backend, 0.06)
    assert stuck_ids(backend) == []


def test_stuck_is_told_per_queue(backend: NativeBackend) -> None:
    """Each queue counts its own stuck jobs."""
    add(backend, 2, queue="mail")
    claim_and_vanish(backend, 2, "mail")
    add(backend, queue="import")
    claim_and_vanish(backend, 1, "import")
    add(backend, 3)
    queues = {queue.name.raw: queue.stuck.value for queue in snapshot(backend).queues}
    assert queues == {"mail": 2, "import": 1, "default": 0}


def test_what_is_put_off_and_overdue_is_stuck(backend: NativeBackend) -> None:
    """A retrying or scheduled job that has been due too long in a queue that nobody listens to is stuck, as a pending one beside it is."""
    retrying = add_one(backend, queue="mail")
    run(backend, Ending.RETRY, queue="mail", delay_s=0)
    scheduled = add_one(backend, queue="mail", delay_s=0.01)
    add_one(backend, queue="mail", delay_s=3600)
    pending = add_one(backend, queue="mail")
    wait_past(backend, 0.1)
    assert sorted(stuck_ids(backend)) == sorted([retrying, scheduled, pending])
    assert ids(select(backend, "is:stuck state:retrying", SHORT)) == [retrying]
    assert stuck_ids(backend, Limits()) == []
    pause(backend, "mail")
    assert stuck_ids(backend) == []
