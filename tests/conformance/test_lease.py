"""Leases: who may hold jobs, and until when."""

from __future__ import annotations

from uuid import uuid4

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Verb
from queuetui.model.job import Ending
from queuetui.model.state import State
from tests.conformance.scenes import (
    LONG_LEASE_S,
    act_done,
    add,
    add_one,
    claim,
    claim_and_vanish,
    claim_one,
    settle,
    state_of,
    store_now,
)
from tests.conformance.stores import Store
from tests.waiting import wait_until


def test_a_lease_ends_by_the_stores_clock(backend: NativeBackend) -> None:
    """A lease names its queue and ends as long after now as was asked."""
    before = store_now(backend)
    lease = backend.jobs.open_lease("w1", "mail", LONG_LEASE_S)
    assert lease.queue == "mail"
    assert LONG_LEASE_S <= (lease.until - before).total_seconds() < LONG_LEASE_S + 5


def test_leases_are_never_the_same(backend: NativeBackend) -> None:
    """Two leases of one worker on one queue are two."""
    assert len({backend.jobs.open_lease("w1", "default", LONG_LEASE_S).id for _ in range(5)}) == 5


def test_a_renewed_lease_lasts_longer(backend: NativeBackend) -> None:
    """Renewal moves the end of a valid lease, and of the jobs under it."""
    job_id = add_one(backend)
    lease, _ = claim_one(backend)
    assert backend.jobs.renew([lease.id], LONG_LEASE_S * 10).valid == {lease.id}
    until = backend.inspector.get(job_id).lease_until
    assert until is not None
    assert (until - lease.until).total_seconds() > LONG_LEASE_S * 8


@pytest.mark.timed
def test_a_job_longer_than_its_lease_is_kept_by_renewal(backend: NativeBackend) -> None:
    """A lease that is renewed in time holds its job past the first end, and the ending is accepted."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend, lease_s=4.0)
    backend.jobs.renew([lease.id], LONG_LEASE_S)
    wait_until(lambda: store_now(backend) > lease.until)
    assert backend.jobs.sweep(10) == ()
    assert settle(backend, lease, claimed, Ending.COMPLETED)
    assert state_of(backend, job_id) is State.COMPLETED


def test_an_expired_lease_is_never_revived(backend: NativeBackend) -> None:
    """Renewal of a lease that is over answers that it is gone and does not bring it back."""
    add(backend)
    lease, (claimed,) = claim_and_vanish(backend)
    assert backend.jobs.renew([lease.id], LONG_LEASE_S).valid == frozenset()
    assert not settle(backend, lease, claimed, Ending.COMPLETED)
    assert [one.job_id for one in backend.jobs.sweep(10)] == [claimed.id]


def test_renewal_tells_valid_from_expired(backend: NativeBackend) -> None:
    """Of several leases the valid ones are prolonged, whatever became of the others."""
    add(backend)
    expired, _ = claim_and_vanish(backend)
    valid = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    assert backend.jobs.renew([expired.id, valid.id, uuid4().hex], LONG_LEASE_S).valid == {valid.id}
    assert backend.jobs.renew([], LONG_LEASE_S).valid == frozenset()


def test_renewal_tells_which_jobs_to_cancel(backend: NativeBackend) -> None:
    """A worker learns of a wish to cancel with its renewal, about its own jobs only."""
    first, second = add(backend, 2)
    lease, _ = claim(backend, 2)
    add(backend, queue="mail")
    other, _ = claim_one(backend, queue="mail", worker="w2")
    act_done(backend, Verb.CANCEL, second)
    assert backend.jobs.renew([lease.id], LONG_LEASE_S).cancels == {second}
    assert backend.jobs.renew([other.id], LONG_LEASE_S).cancels == frozenset()
    assert state_of(backend, first) is State.PROCESSING


def test_closing_a_lease_gives_its_jobs_back_uncounted(backend: NativeBackend) -> None:
    """A worker that stops releases what it holds: no attempt, no loss, and the same place in the queue."""
    sent = add(backend, 3)
    lease, claimed = claim(backend, 3)
    settle(backend, lease, claimed[0], Ending.COMPLETED)
    assert backend.jobs.close_lease(lease.id) == 2
    jobs = [backend.inspector.get(job_id) for job_id in sent[1:]]
    assert [(job.state, job.attempts, job.lost) for job in jobs] == [(State.PENDING, 0, 0)] * 2
    assert [job.id for job in claim(backend, 5)[1]] == sent[1:]


def test_a_closed_lease_is_over(backend: NativeBackend) -> None:
    """Under a closed lease nothing is claimed, renewed or ended; closing it again does nothing."""
    add(backend, 2)
    lease, claimed = claim_one(backend)
    backend.jobs.close_lease(lease.id)
    assert backend.jobs.close_lease(lease.id) == 0
    assert not backend.jobs.step(lease.id, [], 5).lease_valid
    assert backend.jobs.renew([lease.id], LONG_LEASE_S).valid == frozenset()
    assert not settle(backend, lease, claimed, Ending.COMPLETED)


def test_closing_an_expired_lease_hides_no_loss(backend: NativeBackend) -> None:
    """Jobs under a lease that is over are lost: closing it late does not give them back as if nothing had happened."""
    job_id = add_one(backend)
    lease, _ = claim_and_vanish(backend)
    assert backend.jobs.close_lease(lease.id) == 0
    backend.jobs.sweep(10)
    assert backend.inspector.get(job_id).lost == 1


def test_a_job_asked_to_stop_is_cancelled_when_its_worker_stops(backend: NativeBackend) -> None:
    """A wish to cancel is not forgotten when the worker gives the job back."""
    job_id = add_one(backend)
    lease, _ = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    backend.jobs.close_lease(lease.id)
    assert state_of(backend, job_id) is State.CANCELLED


def test_leases_are_seen_by_every_process(store: Store) -> None:
    """A lease opened through one connection binds all others."""
    ours, theirs = store.open(), store.open()
    add(ours)
    lease, claimed = claim_one(ours)
    assert theirs.jobs.sweep(10) == ()
    assert claim(theirs)[1] == ()
    assert theirs.jobs.renew([lease.id], LONG_LEASE_S).valid == {lease.id}
    assert settle(theirs, lease, claimed, Ending.COMPLETED)


def test_a_lease_is_valid_until_its_end(backend: NativeBackend) -> None:
    """No sweep takes a job before its lease is over by the store's own clock."""
    job_id = add_one(backend)
    lease, _ = claim_one(backend)
    backend.jobs.renew([lease.id], 0.1)
    until = backend.inspector.get(job_id).lease_until
    assert until is not None
    assert len(wait_until(lambda: backend.jobs.sweep(10), interval_s=0.002)) == 1
    assert store_now(backend) >= until
