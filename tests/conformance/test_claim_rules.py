"""Claims by rules: limits of a queue and its types, rates, tags and ageing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

import pytest

from queuetui.backends.base import NativeBackend
from queuetui.backends.claim_rules import ClaimRulesStore
from queuetui.model.act import Act, Outcome, Result, Verb
from queuetui.model.claim_rules import RulesEdit, RulesInUse, parse_rate
from queuetui.model.errors import Unsupported
from queuetui.model.job import ClaimedJob, Ending
from queuetui.model.state import State
from tests.conformance.scenes import (
    LONG_LEASE_S,
    add,
    add_one,
    card,
    claim,
    claim_one,
    ending,
    expire,
    pause,
    settle,
    state_of,
    store_now,
)
from tests.conformance.stores import Store
from tests.waiting import wait_until


def rules_of(backend: NativeBackend) -> ClaimRulesStore:
    """Return the backend as what rules are laid down by."""
    assert isinstance(backend, ClaimRulesStore)
    return backend


def limit(backend: NativeBackend, queue: str = "default", rate: str | None = None, **changes: Any) -> Result:
    """Lay down rules for a queue."""
    edit = RulesEdit(rate=None if rate is None else parse_rate(rate), **changes)
    result = rules_of(backend).apply_to_rules(Act(Verb.LIMIT, "ana"), queue, edit)
    assert result.outcome is Outcome.DONE, result
    return result


def in_use(backend: NativeBackend, queue: str = "default") -> RulesInUse:
    """Return what is in use of a queue's rules."""
    return next(one for one in rules_of(backend).rules_in_use() if one.queue == queue)


def types_of(claimed: tuple[ClaimedJob, ...]) -> list[str]:
    """Return the types of claimed jobs."""
    return [job.type for job in claimed]


def test_a_queue_is_processed_no_further_than_its_limit(backend: NativeBackend) -> None:
    """Over all leases no more jobs are held than the limit says; an end makes room for one."""
    jobs = add(backend, 5)
    limit(backend, concurrency=2)
    lease, claimed = claim(backend, 5)
    assert [job.id for job in claimed] == jobs[:2]
    other = backend.open_lease("w2", "default", LONG_LEASE_S)
    nothing = backend.step(other.id, [], 5)
    assert (nothing.claimed, nothing.again_s) == ((), inf)
    assert settle(backend, lease, claimed[0], Ending.COMPLETED)
    assert [job.id for job in backend.step(other.id, [], 5).claimed] == [jobs[2]]


def test_a_step_tells_when_nothing_is_kept_back(backend: NativeBackend) -> None:
    """A queue with rules whose jobs are all taken is as empty as any other."""
    add(backend, 2)
    limit(backend, concurrency=5)
    lease = backend.open_lease("w1", "default", LONG_LEASE_S)
    step = backend.step(lease.id, [], 5)
    assert (len(step.claimed), step.again_s) == (2, None)


def test_an_end_makes_room_in_its_own_step(backend: NativeBackend) -> None:
    """What a step ends it may claim again."""
    jobs = add(backend, 3)
    limit(backend, concurrency=1)
    lease, (first,) = claim(backend, 5)
    step = backend.step(lease.id, [ending(first, Ending.COMPLETED)], 5)
    assert (sorted(step.accepted), [job.id for job in step.claimed]) == ([jobs[0]], [jobs[1]])


@pytest.mark.parametrize("how", [Ending.RETRY, Ending.FAILED, Ending.SNOOZED, Ending.RELEASED, Ending.LOST])
def test_every_ending_makes_room(backend: NativeBackend, how: Ending) -> None:
    """A run counts until it ends, however it does."""
    add(backend, 2)
    limit(backend, concurrency=1)
    lease, claimed = claim_one(backend)
    assert settle(backend, lease, claimed, how)
    assert len(backend.step(lease.id, [], 5).claimed) == 1


def test_a_lease_that_is_over_counts_until_it_is_swept(backend: NativeBackend) -> None:
    """Nobody knows whether the jobs of a silent worker still run, so they keep their place until the sweep."""
    add(backend, 2)
    limit(backend, concurrency=1)
    lease, _ = claim(backend, 1, worker="gone")
    expire(backend, lease)
    other, nothing = claim(backend, 5)
    assert nothing == ()
    assert len(backend.sweep(10)) == 1
    assert len(backend.step(other.id, [], 5).claimed) == 1


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
        step = backend.step(lease.id, [], 5)
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
    step = backend.step(lease.id, [ending(job, Ending.COMPLETED) for job in claimed], 5)
    assert len(step.claimed) == 1
    later = backend.step(lease.id, [], 5)
    assert later.claimed == ()
    assert later.again_s is not None
    assert 3500 < later.again_s < 3700
    assert (in_use(backend).begun, set(in_use(backend).opens_at)) == ({"": 3}, {""})


def test_a_rate_opens_again_by_the_stores_clock(backend: NativeBackend) -> None:
    """When the period is over as many may begin again, and never more within any period."""
    add(backend, 6)
    limit(backend, rate="2/0.5s")
    lease = backend.open_lease("w1", "default", LONG_LEASE_S)
    begun: list[str] = []

    def claim_more() -> bool:
        begun.extend(job.id for job in backend.step(lease.id, [], 5).claimed)
        return len(begun) == 6

    wait_until(claim_more, timeout_s=10)
    times = [backend.get(job_id).claimed_at for job_id in begun]
    spans = [
        (later - earlier).total_seconds() for earlier, later in zip(times, times[2:], strict=False) if earlier and later
    ]
    # A claim is stamped a little behind the time that it was judged by.
    assert [span > 0.45 for span in spans] == [True] * 4


def test_a_rate_of_a_type_lets_other_types_by(backend: NativeBackend) -> None:
    """A type that has begun as often as it may is passed over."""
    add(backend, 3, type="Export")
    add(backend, 2, type="Send")
    limit(backend, rate="2/1h", type="Export")
    lease, claimed = claim(backend, 10)
    assert types_of(claimed) == ["Export", "Export", "Send", "Send"]
    assert in_use(backend).begun == {"Export": 2}
    assert backend.step(lease.id, [], 5).claimed == ()


def test_two_workers_at_once_stay_within_a_limit(store: Store) -> None:
    """However claims of several workers meet, no more are held than the limit says."""
    first, second = store.open(), store.open()
    limit(first, concurrency=3)
    add(first, 40)
    most, done = _race([first, second])
    assert (most <= 3, done) == (True, 40)


def test_two_workers_at_once_stay_within_a_rate(store: Store) -> None:
    """However claims of several workers meet, no more begin than the rate says."""
    first, second = store.open(), store.open()
    limit(first, rate="7/1h")
    add(first, 30)
    taken: list[int] = []

    def work(backend: NativeBackend, name: str) -> None:
        lease = backend.open_lease(name, "default", LONG_LEASE_S)
        taken.extend(len(backend.step(lease.id, [], 2).claimed) for _ in range(10))

    _run_both(lambda: work(first, "w1"), lambda: work(second, "w2"))
    assert sum(taken) == 7


def _race(backends: list[NativeBackend]) -> tuple[int, int]:
    """Let each backend claim and end jobs until none is left; return the most held at once and how many ended."""
    lock, counts = threading.Lock(), {"held": 0, "most": 0, "done": 0}

    def work(backend: NativeBackend, name: str) -> None:
        lease = backend.open_lease(name, "default", LONG_LEASE_S)
        ends = threading.Event()
        for _ in range(2_000):
            claimed = backend.step(lease.id, [], 2).claimed
            with lock:
                counts["held"] += len(claimed)
                counts["most"] = max(counts["most"], counts["held"])
            # Counted as ended before it is: at most as many are counted as are held.
            with lock:
                counts["held"] -= len(claimed)
            accepted = backend.step(lease.id, [ending(job, Ending.COMPLETED) for job in claimed], 0).accepted
            with lock:
                counts["done"] += len(accepted)
                if counts["done"] >= 40:
                    return
            if not claimed:
                ends.wait(0.002)

    _run_both(*(partial(work, backend, f"w{n}") for n, backend in enumerate(backends)))
    return counts["most"], counts["done"]


def _run_both(*works: Callable[[], None]) -> None:
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised below, where the test sees it
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures, failures
    assert not any(thread.is_alive() for thread in threads)


def test_a_job_with_needs_waits_for_a_worker_with_the_tags(backend: NativeBackend) -> None:
    """Only a worker whose registration names every needed tag is given the job; others are given what is behind it."""
    backend.register(card("plain"))
    backend.register(card("half", tags=("gpu",)))
    backend.register(card("able", tags=("gpu", "eu", "big")))
    needy = add_one(backend, needs=("gpu", "eu"))
    simple = add_one(backend)
    assert [job.id for job in claim(backend, 5, worker="plain")[1]] == [simple]
    assert claim(backend, 5, worker="half")[1] == ()
    assert claim(backend, 5, worker="nobody")[1] == ()
    assert [job.id for job in claim(backend, 5, worker="able")[1]] == [needy]


def test_a_job_with_needs_keeps_them_through_a_retry(backend: NativeBackend) -> None:
    """A job that failed goes to a worker with the tags again."""
    backend.register(card("able", tags=("gpu",)))
    add_one(backend, needs=("gpu",))
    lease, claimed = claim_one(backend, worker="able")
    assert settle(backend, lease, claimed, Ending.RETRY)
    wait_until(lambda: backend.promote(10) == 1)
    assert claim(backend, 5, worker="plain")[1] == ()
    assert len(backend.step(lease.id, [], 1).claimed) == 1


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
    assert [job.id for job in backend.step(lease.id, [], 30).claimed] == jobs[3][5:] + jobs[2][:5]


def test_rules_that_are_changed_hold_at_once(backend: NativeBackend) -> None:
    """The next step goes by a limit that was raised, lowered or taken away."""
    add(backend, 10)
    limit(backend, concurrency=1)
    lease, claimed = claim(backend, 10)
    assert len(claimed) == 1
    limit(backend, concurrency=3)
    assert len(backend.step(lease.id, [], 10).claimed) == 2
    limit(backend, concurrency=1)
    assert backend.step(lease.id, [], 10).claimed == ()
    limit(backend, clear=True)
    assert len(backend.step(lease.id, [], 10).claimed) == 7
    assert rules_of(backend).rules_in_use() == ()


def test_a_limit_laid_down_while_a_lease_is_open_holds(backend: NativeBackend) -> None:
    """A worker that has claimed freely so far goes by rules from its next claim on."""
    add(backend, 10)
    lease, claimed = claim(backend, 2)
    assert len(claimed) == 2
    limit(backend, concurrency=3)
    assert len(backend.step(lease.id, [], 10).claimed) == 1


def test_clearing_rules_leaves_needs(backend: NativeBackend) -> None:
    """What a job needs is its own word, and no rule of the queue."""
    add_one(backend, needs=("gpu",))
    limit(backend, concurrency=1)
    limit(backend, clear=True)
    assert claim(backend, 5, worker="plain")[1] == ()


def test_rules_are_told_with_their_author(backend: NativeBackend) -> None:
    """What is laid down is told with who did it and when; a part that is not named stays as it was."""
    before = store_now(backend)
    limit(backend, "mail", concurrency=5)
    limit(backend, "mail", rate="10/1m")
    limit(backend, "mail", type="Export", concurrency=1)
    limit(backend, "mail", ageing_s=60)
    use = in_use(backend, "mail")
    assert [(one.type, one.describe()) for one in use.rules.limits] == [
        (None, "5 at once, 10/1m"),
        ("Export", "1 at once"),
    ]
    assert (use.rules.ageing_s, use.rules.ageing_by) == (60, "ana")
    assert all(one.set_by == "ana" for one in use.rules.limits)
    assert all(one.set_at is not None and before <= one.set_at <= store_now(backend) for one in use.rules.limits)
    limit(backend, "mail", type="Export", clear=True)
    assert [one.type for one in in_use(backend, "mail").rules.limits] == [None]


def test_the_same_act_lays_down_once(backend: NativeBackend) -> None:
    """Asked twice with one id, an act on rules changes them once and answers alike; another verb is refused."""
    act = Act(Verb.LIMIT, "ana")
    store = rules_of(backend)
    first = store.apply_to_rules(act, "mail", RulesEdit(concurrency=5))
    limit(backend, "mail", concurrency=7)
    again = store.apply_to_rules(act, "mail", RulesEdit(concurrency=5))
    assert (again.outcome, again.before) == (first.outcome, first.before)
    assert in_use(backend, "mail").rules.limits[0].concurrency == 7
    with pytest.raises(Unsupported):
        store.apply_to_rules(Act(Verb.PAUSE, "ana"), "mail", RulesEdit(concurrency=1))


def test_a_paused_queue_with_rules_gives_nothing(backend: NativeBackend) -> None:
    """A pause holds with rules as without, and neither forgets the other."""
    add(backend, 3)
    limit(backend, concurrency=2)
    pause(backend)
    lease, claimed = claim(backend, 5)
    assert claimed == ()
    backend.apply_to_queue(Act(Verb.RESUME, "ana"), "default")
    assert len(backend.step(lease.id, [], 5).claimed) == 2


def test_a_lost_job_is_claimed_alone_by_rules_too(backend: NativeBackend) -> None:
    """A job whose worker was lost before is claimed in a step of its own."""
    first, second = add(backend, 2)
    limit(backend, concurrency=5)
    lease, _ = claim(backend, 1)
    expire(backend, lease)
    backend.sweep(10)
    other, claimed = claim(backend, 5)
    assert [job.id for job in claimed] == [first]
    assert [job.id for job in backend.step(other.id, [], 5).claimed] == [second]
