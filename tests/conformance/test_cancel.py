"""Cancel: at once for what waits, by the worker's hand for what runs, and never over an ending."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Outcome, Target, Verb
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
    claim_one,
    run,
    settle,
    state_of,
)
from tests.conformance.stores import Store


def waiting_job(backend: NativeBackend, state: State) -> str:
    """Return a job in a waiting state."""
    job_id = add_one(backend, delay_s=3600 if state is State.SCHEDULED else None)
    if state is State.RETRYING:
        run(backend, Ending.RETRY, delay_s=3600)
    assert state_of(backend, job_id) is state
    return job_id


@pytest.mark.parametrize("state", [State.PENDING, State.SCHEDULED, State.RETRYING])
def test_a_waiting_job_is_cancelled_at_once(backend: NativeBackend, state: State) -> None:
    """A job that nobody runs becomes cancelled with the act and is never handed out again."""
    job_id = waiting_job(backend, state)
    result = act_done(backend, Verb.CANCEL, job_id)
    assert result.state_now is State.CANCELLED
    job = backend.inspector.get(job_id)
    assert (job.state, job.completed_at is not None) == (State.CANCELLED, True)
    assert result.rev_after == job.ref.rev
    assert (backend.jobs.promote(10), claim(backend, 10)[1]) == (0, ())


def test_a_running_job_is_asked_to_stop(backend: NativeBackend) -> None:
    """A processing job stays so with the wish noted; its worker ends it and then it is cancelled."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    result = act_done(backend, Verb.CANCEL, job_id)
    assert result.state_now is State.PROCESSING
    assert backend.inspector.get(job_id).cancel_requested_at is not None
    assert backend.jobs.renew([lease.id], LONG_LEASE_S).cancels == {job_id}
    assert settle(backend, lease, claimed, Ending.CANCELLED)
    assert state_of(backend, job_id) is State.CANCELLED


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.FAILED])
def test_a_job_that_finishes_first_stays_finished(backend: NativeBackend, how: Ending) -> None:
    """A wish to cancel does not turn a finished or failed run into a cancelled one."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    assert settle(backend, lease, claimed, how)
    assert state_of(backend, job_id) is State(how.value)


@pytest.mark.parametrize("how", [Ending.RETRY, Ending.SNOOZED, Ending.RELEASED])
def test_a_job_asked_to_stop_does_not_run_again(backend: NativeBackend, how: Ending) -> None:
    """A retry, a snooze or a release with a wish to cancel becomes cancelled."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    assert settle(backend, lease, claimed, how)
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts) == (State.CANCELLED, 1 if how is Ending.RETRY else 0)
    assert claim(backend)[1] == ()


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.FAILED, Ending.CANCELLED])
def test_what_has_ended_cannot_be_cancelled(backend: NativeBackend, how: Ending) -> None:
    """Cancelling a final job is skipped with its state and changes nothing."""
    job_id = add_one(backend)
    run(backend, how)
    before = backend.inspector.get(job_id)
    (result,) = act_on(backend, Verb.CANCEL, job_id)
    assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State(how.value))
    assert result.note
    assert backend.inspector.get(job_id) == before


def test_a_cancelled_job_may_be_retried(backend: NativeBackend) -> None:
    """A retried job has forgotten the wish to cancel and can run to its end."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    settle(backend, lease, claimed, Ending.CANCELLED)
    act_done(backend, Verb.RETRY, job_id)
    assert backend.inspector.get(job_id).cancel_requested_at is None
    run(backend, Ending.RETRY)
    assert state_of(backend, job_id) is State.RETRYING


def test_cancel_and_finish_have_one_winner(store: Store) -> None:
    """When a person cancels as the run ends, the job ends once, and the answers agree with what is stored."""
    backend, person = store.open(), store.open()
    add(backend, 40)
    lease, claimed = claim(backend, 40)
    refs = {job.id: backend.inspector.get(job.id).ref for job in claimed}

    with ThreadPoolExecutor(2) as pool:
        endings = pool.submit(lambda: [settle(backend, lease, job, Ending.COMPLETED) for job in claimed])
        acts = pool.submit(
            lambda: [
                person.operator.apply(Act(Verb.CANCEL, "ana"), [Target(refs[job.id])], LIMITS)[0]
                for job in reversed(claimed)
            ]
        )
    assert all(endings.result())
    assert {state_of(backend, job.id) for job in claimed} == {State.COMPLETED}
    expected = {Outcome.DONE: State.PROCESSING, Outcome.SKIPPED: State.COMPLETED}
    assert all(expected[result.outcome] is result.state_now for result in acts.result())


def test_cancel_and_claim_have_one_winner(store: Store) -> None:
    """A waiting job is either cancelled and never handed out, or handed out and the act skipped."""
    backend, person = store.open(), store.open()
    sent = add(backend, 40)
    refs = [backend.inspector.get(job_id).ref for job_id in sent]
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)

    def claim_all() -> set[str]:
        return {job.id for _ in sent for job in backend.jobs.step(lease.id, [], 1).claimed}

    with ThreadPoolExecutor(2) as pool:
        claims = pool.submit(claim_all)
        acts = pool.submit(
            lambda: [person.operator.apply(Act(Verb.CANCEL, "ana"), [Target(ref)], LIMITS)[0] for ref in reversed(refs)]
        )
    cancelled = {result.ref.id for result in acts.result() if result.outcome is Outcome.DONE}
    assert claims.result() | cancelled == set(sent)
    assert claims.result() & cancelled == set()
