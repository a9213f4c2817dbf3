"""Acts by a person's hand: compared with what was seen and set, one job at a time."""

from __future__ import annotations

import json

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.model.act import Act, JobRef, Outcome, Target, Verb
from queuetui.model.errors import NotFound
from queuetui.model.job import Ending
from queuetui.model.state import State
from tests.conformance.scenes import (
    LIMITS,
    LONG_LEASE_S,
    act_done,
    act_on,
    add,
    add_one,
    claim,
    claim_and_vanish,
    claim_one,
    expire,
    ids,
    new_job,
    next_id,
    run,
    select,
    settle,
    state_of,
    store_now,
)
from tests.conformance.stores import Store
from tests.waiting import wait_until

FINAL_ENDINGS = (Ending.COMPLETED, Ending.FAILED, Ending.CANCELLED)
JOB_VERBS = (Verb.RETRY, Verb.CANCEL, Verb.DELETE, Verb.RELEASE)


@pytest.mark.parametrize("how", FINAL_ENDINGS)
def test_a_final_job_is_retried(backend: NativeBackend, how: Ending) -> None:
    """A retried job is pending, due now, with its attempts started again and its fence kept."""
    job_id = add_one(backend)
    claimed = run(backend, how, result=b"1")
    before = store_now(backend)
    result = act_done(backend, Verb.RETRY, job_id)
    job = backend.inspector.get(job_id)
    assert (result.state_now, result.rev_after) == (State.PENDING, job.ref.rev)
    assert (job.state, job.attempts, job.completed_at, job.result) == (State.PENDING, 0, None, None)
    assert job.scheduled_at is not None
    assert job.scheduled_at >= before
    again = claim_one(backend)[1]
    assert again.fence > claimed.fence
    assert (again.id, again.payload, again.attempts) == (job_id, claimed.payload, 0)


def test_a_put_off_job_is_retried_now(backend: NativeBackend) -> None:
    """A job that waits for its retry or its time may be run at once."""
    retrying = add_one(backend)
    run(backend, Ending.RETRY, delay_s=3600)
    scheduled = add_one(backend, delay_s=3600)
    assert {result.outcome for result in act_on(backend, Verb.RETRY, retrying, scheduled)} == {Outcome.DONE}
    assert {job.id for job in claim(backend, 5)[1]} == {retrying, scheduled}


def test_what_runs_or_waits_is_not_retried(backend: NativeBackend) -> None:
    """A pending or processing job is skipped with its state, and stays as it was."""
    held, waiting = add(backend, 2)
    claim_one(backend)
    before = [backend.inspector.get(job_id) for job_id in (held, waiting)]
    results = act_on(backend, Verb.RETRY, held, waiting)
    assert [(one.outcome, one.state_now) for one in results] == [
        (Outcome.SKIPPED, State.PROCESSING),
        (Outcome.SKIPPED, State.PENDING),
    ]
    assert all(one.note for one in results)
    assert [backend.inspector.get(job_id) for job_id in (held, waiting)] == before


def test_a_retry_keeps_the_losses(backend: NativeBackend) -> None:
    """Losses are not forgotten by a retry."""
    job_id = add_one(backend)
    claim_and_vanish(backend)
    backend.jobs.sweep(1)
    run(backend, Ending.FAILED)
    act_done(backend, Verb.RETRY, job_id)
    assert backend.inspector.get(job_id).lost == 1


def test_any_job_that_nobody_runs_is_deleted(backend: NativeBackend) -> None:
    """Waiting and final jobs are deleted one by one; nothing of them is read again."""
    sent = add(backend, 4)
    for how in FINAL_ENDINGS:
        run(backend, how)
    sent.append(add_one(backend, delay_s=3600))
    results = act_on(backend, Verb.DELETE, *sent)
    assert {(one.outcome, one.rev_after) for one in results} == {(Outcome.DONE, None)}
    assert select(backend) == []
    for job_id in sent:
        with pytest.raises(NotFound):
            backend.inspector.get(job_id)


def test_a_processing_job_is_not_deleted(backend: NativeBackend) -> None:
    """A job in a worker's hands is skipped; its ending is still accepted."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    (result,) = act_on(backend, Verb.DELETE, job_id)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.PROCESSING)
    assert settle(backend, lease, claimed, Ending.COMPLETED)


def test_an_orphan_is_released(backend: NativeBackend) -> None:
    """A job whose lease is over is given back by hand, counted as lost, and its old worker is refused."""
    job_id = add_one(backend)
    lease, (claimed,) = claim_and_vanish(backend)
    result = act_done(backend, Verb.RELEASE, job_id)
    job = backend.inspector.get(job_id)
    assert (result.state_now, result.rev_after) == (State.PENDING, job.ref.rev)
    assert (job.state, job.lost, job.attempts, job.worker) == (State.PENDING, 1, 0, None)
    assert not settle(backend, lease, claimed, Ending.COMPLETED)
    assert backend.jobs.sweep(10) == ()
    assert claim_one(backend)[1].id == job_id


@pytest.mark.parametrize("verb", [Verb.RELEASE])
def test_a_held_job_is_not_released(backend: NativeBackend, verb: Verb) -> None:
    """A job under a valid lease is skipped: its worker is alive."""
    job_id = add_one(backend)
    claim_one(backend)
    (result,) = act_on(backend, verb, job_id)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.PROCESSING)
    assert result.note
    assert backend.inspector.get(job_id).lost == 0


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.FAILED, Ending.RETRY, Ending.RELEASED])
def test_only_processing_jobs_are_released(backend: NativeBackend, how: Ending) -> None:
    """Releasing a job that nobody holds is skipped with its state."""
    job_id = add_one(backend)
    run(backend, how, delay_s=3600)
    (result,) = act_on(backend, Verb.RELEASE, job_id)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, state_of(backend, job_id))


@pytest.mark.parametrize("verb", JOB_VERBS)
def test_an_act_on_a_stale_sight_changes_nothing(backend: NativeBackend, verb: Verb) -> None:
    """When the job moved on since it was seen the act is skipped with the state found, whatever the verb."""
    job_id = add_one(backend)
    seen = backend.inspector.get(job_id).ref
    run(backend, Ending.FAILED)
    before = backend.inspector.get(job_id)
    (result,) = backend.operator.apply(Act(verb, "ana"), [Target(seen)], LIMITS)
    assert (result.ref, result.outcome, result.state_now) == (seen, Outcome.SKIPPED, State.FAILED)
    assert result.note
    assert backend.inspector.get(job_id) == before


def test_a_report_of_progress_does_not_make_a_sight_stale(backend: NativeBackend) -> None:
    """A person may cancel a running job by what was seen before its handler's last report."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    seen = backend.inspector.get(job_id).ref
    backend.jobs.mark_running(lease.id, [Running(job_id, claimed.fence, 2.0, "half")])
    backend.jobs.renew([lease.id], LONG_LEASE_S)
    (result,) = backend.operator.apply(Act(Verb.CANCEL, "ana"), [Target(seen)], LIMITS)
    assert result.outcome is Outcome.DONE


@pytest.mark.parametrize("verb", JOB_VERBS)
def test_an_act_on_a_job_that_is_gone_is_skipped(backend: NativeBackend, verb: Verb) -> None:
    """A target that was deleted in the meantime is skipped without a state."""
    job_id = add_one(backend)
    seen = backend.inspector.get(job_id).ref
    act_done(backend, Verb.DELETE, job_id)
    (result,) = backend.operator.apply(Act(verb, "ana"), [Target(seen)], LIMITS)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, None)


def test_each_target_has_its_own_answer_in_order(backend: NativeBackend) -> None:
    """One target that cannot be done does not stop the others, and answers come in the order asked."""
    good, held, other = add(backend, 3, priority=0)
    act_done(backend, Verb.CANCEL, good)
    claim_one(backend)
    refs = [backend.inspector.get(job_id).ref for job_id in (other, held, good)]
    refs.insert(1, JobRef("shop", next_id(), "1"))
    results = backend.operator.apply(Act(Verb.DELETE, "ana"), list(map(Target, refs)), LIMITS)
    assert [result.ref for result in results] == refs
    assert [result.outcome for result in results] == [Outcome.DONE, Outcome.SKIPPED, Outcome.SKIPPED, Outcome.DONE]
    assert ids(select(backend)) == [held]


def test_an_act_asked_twice_acts_once(backend: NativeBackend) -> None:
    """The same act sent again answers as it did and does nothing more, even where it would apply again."""
    job_id = add_one(backend)
    run(backend, Ending.FAILED)
    act, ref = Act(Verb.RETRY, "ana"), backend.inspector.get(job_id).ref
    (first,) = backend.operator.apply(act, [Target(ref)], LIMITS)
    run(backend, Ending.FAILED)
    before = backend.inspector.get(job_id)
    (second,) = backend.operator.apply(act, [Target(ref)], LIMITS)
    (third,) = backend.operator.apply(act, [Target(before.ref)], LIMITS)
    assert second == first
    assert third.rev_after == first.rev_after
    assert backend.inspector.get(job_id) == before


def test_two_acts_are_two(backend: NativeBackend) -> None:
    """Another act on the same stale sight is judged anew and skipped."""
    job_id = add_one(backend)
    ref = backend.inspector.get(job_id).ref
    first = backend.operator.apply(Act(Verb.CANCEL, "ana"), [Target(ref)], LIMITS)[0]
    second = backend.operator.apply(Act(Verb.CANCEL, "ana"), [Target(ref)], LIMITS)[0]
    assert (first.outcome, second.outcome) == (Outcome.DONE, Outcome.SKIPPED)


@pytest.mark.parametrize("verb", [Verb.RETRY, Verb.CANCEL, Verb.DELETE])
def test_what_was_there_before_is_kept(backend: NativeBackend, verb: Verb) -> None:
    """A done act answers with the row as it was, as JSON text that names the job."""
    job_id = add_one(backend, delay_s=3600, correlation_id="req-77")
    before = act_done(backend, verb, job_id).before
    assert before is not None
    assert isinstance(json.loads(before), dict)
    assert "req-77" in before


def test_a_skipped_act_has_no_before(backend: NativeBackend) -> None:
    """What was not done has nothing to be undone."""
    job_id = add_one(backend)
    (result,) = act_on(backend, Verb.RETRY, job_id)
    assert (result.before, result.rev_after) == (None, None)


def test_an_act_on_nothing_answers_nothing(backend: NativeBackend) -> None:
    """No targets, no answers."""
    assert backend.operator.apply(Act(Verb.DELETE, "ana"), [], LIMITS) == ()


def test_many_targets_in_one_act(backend: NativeBackend) -> None:
    """An act on more targets than one statement may name does each of them."""
    sent = add(backend, 1100)
    targets = [Target(job.ref) for job in select(backend, size=500)]
    assert len(targets) == len(sent)
    # They are acted on by the hundred.
    results = backend.operator.apply(Act(Verb.CANCEL, "ana"), targets[:250], LIMITS)
    assert {result.outcome for result in results} == {Outcome.DONE}
    assert len(select(backend, "state:cancelled", size=500)) == len(results) == 250


def test_an_id_that_is_none_is_skipped(backend: NativeBackend) -> None:
    """A target whose id this backend could never have made is skipped like one that is gone."""
    (result,) = backend.operator.apply(Act(Verb.DELETE, "ana"), [Target(JobRef("shop", "no such id", "1"))], LIMITS)
    assert result.outcome is Outcome.SKIPPED


def test_release_waits_for_the_end_of_the_lease(backend: NativeBackend) -> None:
    """The same sight that was refused while the lease held is released once it is over."""
    job_id = add_one(backend)
    lease, _ = claim_one(backend)
    ref = backend.inspector.get(job_id).ref
    assert backend.operator.apply(Act(Verb.RELEASE, "ana"), [Target(ref)], LIMITS)[0].outcome is Outcome.SKIPPED
    expire(backend, lease)
    assert backend.operator.apply(Act(Verb.RELEASE, "ana"), [Target(ref)], LIMITS)[0].outcome is Outcome.DONE


@pytest.mark.parametrize("how", [None, Ending.FAILED, Ending.CANCELLED])
def test_deleting_what_never_completed_frees_its_key(backend: NativeBackend, how: Ending | None) -> None:
    """The next enqueue with the key of a deleted job stores a job, which the key belongs to from then on."""
    first = add_one(backend, idempotency_key="once")
    if how is not None:
        run(backend, how)
    assert '"once"' in (act_done(backend, Verb.DELETE, first).before or ""), (
        "nobody could write the job back with its key"
    )
    (again,) = backend.jobs.enqueue([new_job(idempotency_key="once")])
    assert again.created
    (more,) = backend.jobs.enqueue([new_job(idempotency_key="once")])
    assert (more.created, more.id) == (False, again.id)


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RETRY])
def test_an_act_leaves_a_key_with_who_took_it_since(store: Store, verb: Verb) -> None:
    """The key of a failed job ran out and is another's by now: an act on the failed one takes it from nobody."""
    backend = store.open({"native.keep_keys": "0"})
    first = add_one(backend, idempotency_key="once")
    run(backend, Ending.FAILED)
    wait_until(lambda: backend.jobs.prune(100))
    second = add_one(backend, idempotency_key="once")
    act_done(backend, verb, first)
    if verb is Verb.RETRY:
        # Its second end is no end of the other's job.
        act_done(backend, Verb.CANCEL, first)
    backend.jobs.prune(100)
    (more,) = backend.jobs.enqueue([new_job(idempotency_key="once")])
    assert (more.created, more.id) == (False, second)
