"""Promotion of due jobs, and pruning of what is past its time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import Ending
from queuetui.model.state import State
from tests.conformance.scenes import (
    act_done,
    add,
    add_one,
    claim,
    claim_one,
    ids,
    run,
    select,
    settle,
    snapshot,
    state_of,
    store_now,
)
from tests.conformance.stores import KEPT_BRIEFLY, Store
from tests.waiting import wait_until


def test_due_jobs_become_pending(backend: NativeBackend) -> None:
    """A scheduled and a retrying job that are due become pending, keeping the time they were due; others stay."""
    scheduled = add_one(backend, delay_s=0.05)
    retrying = add_one(backend)
    run(backend, Ending.RETRY, delay_s=0.01)
    later = add_one(backend, delay_s=3600)
    due_at = backend.inspector.get(scheduled).scheduled_at
    promoted = 0

    def all_promoted() -> bool:
        nonlocal promoted
        promoted += backend.jobs.promote(10)
        return promoted == 2

    wait_until(all_promoted, interval_s=0.005)
    assert [state_of(backend, one) for one in (scheduled, retrying, later)] == [
        State.PENDING,
        State.PENDING,
        State.SCHEDULED,
    ]
    job = backend.inspector.get(scheduled)
    assert due_at is not None
    assert job.scheduled_at == due_at <= store_now(backend)


def test_no_job_is_promoted_before_its_time(backend: NativeBackend) -> None:
    """Until the store's clock has passed a job's time it cannot be claimed."""
    job_id = add_one(backend, delay_s=0.1)
    due_at = backend.inspector.get(job_id).scheduled_at
    assert due_at is not None
    wait_until(lambda: backend.jobs.promote(1), interval_s=0.002)
    claimed_at = backend.inspector.get(claim_one(backend)[1].id).claimed_at
    assert claimed_at is not None
    assert claimed_at >= due_at


def test_promotion_works_in_batches(backend: NativeBackend) -> None:
    """A promotion takes no more than asked, the longest due first."""
    sent = [add_one(backend, delay_s=0.01 + number / 1000) for number in range(5)]
    wait_until(lambda: backend.jobs.next_due_s() == 0.0 and store_now(backend) > last_due(backend, sent[-1]))
    assert backend.jobs.promote(2) == 2
    assert sorted(ids(select(backend, "state:pending"))) == sorted(sent[:2])
    assert [backend.jobs.promote(2), backend.jobs.promote(2), backend.jobs.promote(2)] == [2, 1, 0]


def last_due(backend: NativeBackend, job_id: str) -> datetime:
    """Return when a job is due."""
    due_at = backend.inspector.get(job_id).scheduled_at
    assert due_at is not None
    return due_at


def test_many_promoters_promote_a_job_once(store: Store) -> None:
    """Workers that promote at the same moment share the jobs out."""
    backend = store.open()
    sent = add(backend, 30, delay_s=0.01)
    wait_until(lambda: store_now(backend) > last_due(backend, sent[-1]))
    others = [store.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda one: one.jobs.promote(100), others)) == 30
    assert len(claim(backend, 100)[1]) == 30


def test_a_retry_with_a_wish_to_cancel_is_never_promoted(backend: NativeBackend) -> None:
    """A job cancelled while it waits for its retry does not come back."""
    job_id = add_one(backend)
    run(backend, Ending.RETRY, delay_s=0)
    act_done(backend, Verb.CANCEL, job_id)
    assert backend.jobs.promote(10) == 0
    assert state_of(backend, job_id) is State.CANCELLED


def test_the_next_due_time_is_told(backend: NativeBackend) -> None:
    """A worker learns how long it may sleep: the soonest of all that is put off, nothing when nothing is."""
    assert backend.jobs.next_due_s() is None
    add(backend)
    assert backend.jobs.next_due_s() is None
    add(backend, delay_s=7200)
    add(backend, delay_s=3600)
    soonest = backend.jobs.next_due_s()
    assert soonest is not None
    assert 3590 < soonest <= 3600


def test_a_due_job_is_due_in_no_time(backend: NativeBackend) -> None:
    """A job that is due already is due in zero seconds, not in less."""
    add(backend)
    run(backend, Ending.RETRY, delay_s=0)
    assert wait_until(lambda: backend.jobs.next_due_s() == 0.0)


def test_final_jobs_past_their_time_are_pruned(store: Store) -> None:
    """Completed, cancelled and failed jobs go when their time is over; live ones never do."""
    backend = store.open(KEPT_BRIEFLY)
    gone = add(backend, 3)
    for how in (Ending.COMPLETED, Ending.FAILED, Ending.CANCELLED):
        run(backend, how)
    kept = [add_one(backend), add_one(backend, delay_s=3600)]
    held = add_one(backend, priority=9)
    claim_one(backend)
    assert prune_all(backend) == 3
    assert sorted(ids(select(backend))) == sorted([*kept, held])
    assert not any(exists(backend, job_id) for job_id in gone)
    assert backend.inspector.attempts(gone[1]) == ()


def test_final_jobs_are_kept_until_then(backend: NativeBackend) -> None:
    """A job that has just ended is not pruned."""
    add(backend, 2)
    run(backend)
    run(backend, Ending.FAILED)
    assert backend.jobs.prune(100) == 0
    assert len(select(backend)) == 2


def test_pruning_works_in_batches(store: Store) -> None:
    """A prune deletes no more than asked."""
    backend = store.open(KEPT_BRIEFLY)
    add(backend, 5)
    lease, claimed = claim(backend, 5)
    for job in claimed:
        settle(backend, lease, job, Ending.COMPLETED)
    wait_until(lambda: backend.jobs.prune(2) == 2)
    assert len(select(backend)) == 3
    assert prune_all(backend) == 3


def test_pruning_does_not_touch_the_tally(store: Store) -> None:
    """What was done stays counted after the jobs themselves are gone."""
    backend = store.open(KEPT_BRIEFLY)
    add(backend, 3)
    for _ in range(3):
        run(backend)
    prune_all(backend)
    assert sum(minute.completed for minute in snapshot(backend).tally) == 3


def prune_all(backend: NativeBackend) -> int:
    """Prune until no final job is left; return how many rows went."""
    pruned = 0

    def none_left() -> bool:
        nonlocal pruned
        pruned += backend.jobs.prune(100)
        return not select(backend, "is:final")

    wait_until(none_left)
    return pruned


def exists(backend: NativeBackend, job_id: str) -> bool:
    """Tell whether a job is still there."""
    try:
        backend.inspector.get(job_id)
    except NotFound:
        return False
    return True
