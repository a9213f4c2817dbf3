"""Claims by rules: limits of a queue and its types, and rates."""

from __future__ import annotations

from datetime import datetime
from math import inf

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.job import Ending
from queuetui.model.state import State
from tests.conformance.rule_scenes import in_use, limit, types_of
from tests.conformance.scenes import (
    LONG_LEASE_S,
    add,
    add_one,
    claim,
    claim_one,
    ending,
    expire,
    settle,
    state_of,
    store_now,
)
from tests.waiting import wait_until


def test_a_queue_is_processed_no_further_than_its_limit(backend: NativeBackend) -> None:
    """Over all leases no more jobs are held than the limit says; an end makes room for one."""
    jobs = add(backend, 5)
    limit(backend, concurrency=2)
    lease, claimed = claim(backend, 5)
    assert [job.id for job in claimed] == jobs[:2]
    other = backend.jobs.open_lease("w2", "default", LONG_LEASE_S)
    nothing = backend.jobs.step(other.id, [], 5)
    assert (nothing.claimed, nothing.again_s) == ((), inf)
    assert settle(backend, lease, claimed[0], Ending.COMPLETED)
    assert [job.id for job in backend.jobs.step(other.id, [], 5).claimed] == [jobs[2]]


def test_a_step_tells_when_nothing_is_kept_back(backend: NativeBackend) -> None:
    """A queue with rules whose jobs are all taken is as empty as any other."""
    add(backend, 2)
    limit(backend, concurrency=5)
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    step = backend.jobs.step(lease.id, [], 5)
    assert (len(step.claimed), step.again_s) == (2, None)


def test_an_end_makes_room_in_its_own_step(backend: NativeBackend) -> None:
    """What a step ends it may claim again."""
    jobs = add(backend, 3)
    limit(backend, concurrency=1)
    lease, (first,) = claim(backend, 5)
    step = backend.jobs.step(lease.id, [ending(first, Ending.COMPLETED)], 5)
    assert (sorted(step.accepted), [job.id for job in step.claimed]) == ([jobs[0]], [jobs[1]])


@pytest.mark.parametrize("how", [Ending.RETRY, Ending.FAILED, Ending.SNOOZED, Ending.RELEASED, Ending.LOST])
def test_every_ending_makes_room(backend: NativeBackend, how: Ending) -> None:
    """A run counts until it ends, however it does."""
    add(backend, 2)
    limit(backend, concurrency=1)
    lease, claimed = claim_one(backend)
    assert settle(backend, lease, claimed, how)
    assert len(backend.jobs.step(lease.id, [], 5).claimed) == 1


def test_a_lease_that_is_over_counts_until_it_is_swept(backend: NativeBackend) -> None:
    """Nobody knows whether the jobs of a silent worker still run, so they keep their place until the sweep."""
    add(backend, 2)
    limit(backend, concurrency=1)
    lease, _ = claim(backend, 1, worker="gone")
    expire(backend, lease)
    other, nothing = claim(backend, 5)
    assert nothing == ()
    assert len(backend.jobs.sweep(10)) == 1
    assert len(backend.jobs.step(other.id, [], 5).claimed) == 1


def test_a_limit_of_a_type_lets_other_types_by(backend: NativeBackend) -> None:
    """Jobs of a type that is at its limit are passed over, and those behind them taken."""
    add(backend, 3, type="Export")
    add(backend, 2, type="Send")
    limit(backend, type="Export", concurrency=1)
    _, claimed = claim(backend, 10)
    assert types_of(claimed) == ["Export", "Send", "Send"]
    assert in_use(backend).running == {"Export": 1, "Send": 2, "": 3}


def test_a_type_is_limited_within_its_queue_alone(backend: NativeBackend) -> None:
    """Jobs of the same type in another queue are no affair of the limit."""
    add(backend, 2, type="Export")
    add(backend, 2, type="Export", queue="mail")
    limit(backend, type="Export", concurrency=1)
    assert len(claim(backend, 10)[1]) == 1
    assert len(claim(backend, 10, "mail")[1]) == 2


def test_both_limits_hold(backend: NativeBackend) -> None:
    """The limit of a queue and that of a type hold together."""
    add(backend, 3, type="Export")
    add(backend, 3, type="Send")
    limit(backend, concurrency=3)
    limit(backend, type="Export", concurrency=1)
    assert types_of(claim(backend, 10)[1]) == ["Export", "Send", "Send"]


def test_a_limit_holds_far_behind_what_it_keeps_back(backend: NativeBackend) -> None:
    """However many jobs are kept back in front, those behind them are found, a bounded look at a time."""
    limit(backend, type="Export", concurrency=1)
    add(backend, 2_500, type="Export")
    behind = add_one(backend, type="Send")
    lease, first = claim(backend, 5)
    found = list(first)
    for _ in range(6):
        step = backend.jobs.step(lease.id, [], 5)
        found += step.claimed
        if step.again_s == inf:
            break
    assert sorted(types_of(tuple(found))) == ["Export", "Send"]
    assert state_of(backend, behind) is State.PROCESSING


def test_no_more_begin_in_a_time_than_the_rate_says(backend: NativeBackend) -> None:
    """A rate counts what was claimed, ended or not, and says when to ask again."""
    add(backend, 6)
    limit(backend, rate="3/1h")
    lease, claimed = claim(backend, 2)
    step = backend.jobs.step(lease.id, [ending(job, Ending.COMPLETED) for job in claimed], 5)
    assert len(step.claimed) == 1
    later = backend.jobs.step(lease.id, [], 5)
    assert later.claimed == ()
    assert later.again_s is not None
    assert 3500 < later.again_s < 3700
    assert (in_use(backend).begun, set(in_use(backend).opens_at)) == ({"": 3}, {""})


@pytest.mark.timed
def test_a_rate_opens_again_by_the_stores_clock(backend: NativeBackend) -> None:
    """When the period is over as many may begin again, and never more within any period."""
    add(backend, 6)
    limit(backend, rate="2/0.5s")
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    begun: list[tuple[str, datetime]] = []

    def claim_more() -> bool:
        asked_at = store_now(backend)
        begun.extend((job.id, asked_at) for job in backend.jobs.step(lease.id, [], 5).claimed)
        return len(begun) == 6

    wait_until(claim_more)
    # A claim is judged after it was asked for and stamped after it was judged, at once or not.
    for (_, asked_at), (job_id, _) in zip(begun, begun[2:], strict=False):
        claimed_at = backend.inspector.get(job_id).claimed_at
        assert claimed_at is not None
        assert (claimed_at - asked_at).total_seconds() >= 0.5


def test_a_rate_of_a_type_lets_other_types_by(backend: NativeBackend) -> None:
    """A type that has begun as often as it may is passed over."""
    add(backend, 3, type="Export")
    add(backend, 2, type="Send")
    limit(backend, rate="2/1h", type="Export")
    lease, claimed = claim(backend, 10)
    assert types_of(claimed) == ["Export", "Export", "Send", "Send"]
    assert in_use(backend).begun == {"Export": 2}
    assert backend.jobs.step(lease.id, [], 5).claimed == ()
