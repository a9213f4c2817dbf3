"""Rules as they are laid down, changed and taken away."""

from __future__ import annotations

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Verb
from queuetui.model.claim_rules import RulesEdit
from queuetui.model.errors import Unsupported
from tests.conformance.rule_scenes import in_use, limit, rules_of
from tests.conformance.scenes import (
    add,
    add_one,
    claim,
    expire,
    pause,
    store_now,
)


def test_rules_that_are_changed_hold_at_once(backend: NativeBackend) -> None:
    """The next step goes by a limit that was raised, lowered or taken away."""
    add(backend, 10)
    limit(backend, concurrency=1)
    lease, claimed = claim(backend, 10)
    assert len(claimed) == 1
    limit(backend, concurrency=3)
    assert len(backend.jobs.step(lease.id, [], 10).claimed) == 2
    limit(backend, concurrency=1)
    assert backend.jobs.step(lease.id, [], 10).claimed == ()
    limit(backend, clear=True)
    assert len(backend.jobs.step(lease.id, [], 10).claimed) == 7
    assert rules_of(backend).rules_in_use() == ()


def test_a_limit_laid_down_while_a_lease_is_open_holds(backend: NativeBackend) -> None:
    """A worker that has claimed freely so far goes by rules from its next claim on."""
    add(backend, 10)
    lease, claimed = claim(backend, 2)
    assert len(claimed) == 2
    limit(backend, concurrency=3)
    assert len(backend.jobs.step(lease.id, [], 10).claimed) == 1


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
    backend.operator.apply_to_queue(Act(Verb.RESUME, "ana"), "default")
    assert len(backend.jobs.step(lease.id, [], 5).claimed) == 2


def test_a_lost_job_is_claimed_alone_by_rules_too(backend: NativeBackend) -> None:
    """A job whose worker was lost before is claimed in a step of its own."""
    first, second = add(backend, 2)
    limit(backend, concurrency=5)
    lease, _ = claim(backend, 1)
    expire(backend, lease)
    backend.jobs.sweep(10)
    other, claimed = claim(backend, 5)
    assert [job.id for job in claimed] == [first]
    assert [job.id for job in backend.jobs.step(other.id, [], 5).claimed] == [second]
