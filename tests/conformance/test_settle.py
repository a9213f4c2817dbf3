"""Endings: what each does to a job, and how a stale one is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.backends.native.ending_rules import FIGURES, TARGETS, target_of
from queuetui.model.act import Verb
from queuetui.model.job import Ending, RunError, Settlement
from queuetui.model.state import FINAL, State
from tests.conformance.scenes import (
    LONG_LEASE_S,
    act_done,
    add,
    add_one,
    claim,
    claim_and_vanish,
    claim_one,
    ending,
    run,
    select,
    settle,
    state_of,
    store_now,
)

STATES = {
    Ending.COMPLETED: State.COMPLETED,
    Ending.RETRY: State.RETRYING,
    Ending.FAILED: State.FAILED,
    Ending.SNOOZED: State.SCHEDULED,
    Ending.RELEASED: State.PENDING,
    Ending.CANCELLED: State.CANCELLED,
    Ending.LOST: State.PENDING,
}
UNCOUNTED = {Ending.SNOOZED, Ending.RELEASED, Ending.CANCELLED, Ending.LOST}


@pytest.mark.parametrize("how", STATES)
def test_each_ending_leads_to_its_state(backend: NativeBackend, how: Ending) -> None:
    """Each ending has one state, and only runs that came to an end of their own count as attempts."""
    job_id = add_one(backend)
    run(backend, how, delay_s=3600)
    job = backend.inspector.get(job_id)
    assert job.state is STATES[how]
    assert (job.attempts, job.lost) == (0 if how in UNCOUNTED else 1, int(how is Ending.LOST))
    assert (job.lease_until, job.completed_at is not None) == (None, job.state in FINAL)


def test_a_completed_job_keeps_its_result_and_times(backend: NativeBackend) -> None:
    """A finished job tells what it returned, who ran it, and when it started and ended."""
    job_id = add_one(backend)
    run(backend, result=b'{"sent": 3}')
    job = backend.inspector.get(job_id)
    assert job.result is not None
    assert job.result.raw == '{"sent": 3}'
    assert job.worker is not None
    assert job.worker.raw == "w1"
    assert job.started_at is not None
    assert job.completed_at is not None
    assert job.started_at <= job.completed_at <= store_now(backend)


def test_a_failed_run_keeps_its_error(backend: NativeBackend) -> None:
    """The class, message and traceback of a failure are on the job and on its attempt."""
    job_id = add_one(backend)
    error = RunError("Timeout", "shop North did not answer ü\u202e", "line 1\nline 2")
    claimed = run(backend, Ending.FAILED, error=error)
    stored = backend.inspector.get(job_id).error
    assert stored is not None
    assert (stored.class_name.raw, stored.message.raw, stored.traceback.raw) == (
        error.class_name,
        error.message,
        error.traceback,
    )
    (attempt,) = backend.inspector.attempts(job_id)
    assert attempt.error == stored
    assert (attempt.fence, attempt.worker is not None and attempt.worker.raw) == (claimed.fence, "w1")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 200_000, "\x1b[31m", ""])
def test_any_error_text_can_be_kept(backend: NativeBackend, text: str) -> None:
    """Whatever a handler's error says, its job fails with it; only what no store can hold is replaced."""
    job_id = add_one(backend)
    run(backend, Ending.FAILED, error=RunError("E", text, text))
    error = backend.inspector.get(job_id).error
    assert error is not None
    assert error.class_name.raw == "E"
    for stored, sent in ((error.message.raw, text), (error.traceback.raw, text)):
        same = "\x00" not in sent and "\ud800" not in sent
        assert stored == sent if same else stored


def test_attempts_are_kept_oldest_first(backend: NativeBackend) -> None:
    """Every failed run stays, in order, with its own error."""
    job_id = add_one(backend)
    for number in range(3):
        run(backend, Ending.RETRY, error=RunError("E", f"try {number}"), delay_s=0)
        assert backend.jobs.promote(10) == 1
    attempts = backend.inspector.attempts(job_id)
    assert [one.error.message.raw for one in attempts if one.error is not None] == ["try 0", "try 1", "try 2"]
    assert [one.fence for one in attempts] == sorted({one.fence for one in attempts})
    assert backend.inspector.get(job_id).attempts == 3


def test_a_job_without_kept_attempts_has_none(backend: NativeBackend) -> None:
    """Only failures, losses and lost acknowledgements are kept."""
    job_id = add_one(backend)
    run(backend)
    assert backend.inspector.attempts(job_id) == ()


@pytest.mark.parametrize("how", [Ending.RETRY, Ending.SNOOZED])
def test_a_put_off_job_is_due_after_its_delay(backend: NativeBackend, how: Ending) -> None:
    """A retry and a snooze count their delay from the store's clock, at the moment of the write."""
    job_id = add_one(backend)
    before = store_now(backend)
    run(backend, how, delay_s=120)
    due_at = backend.inspector.get(job_id).scheduled_at
    assert due_at is not None
    assert before <= due_at - timedelta(seconds=120) <= store_now(backend)


def test_a_handler_may_name_the_time(backend: NativeBackend) -> None:
    """A retry at a time is due at exactly that time."""
    job_id = add_one(backend)
    at = datetime(2999, 1, 1, 8, 0, 0, 1, tzinfo=UTC)
    run(backend, Ending.RETRY, at=at)
    assert backend.inspector.get(job_id).scheduled_at == at


def test_a_released_job_keeps_its_place(backend: NativeBackend) -> None:
    """A job that was given back unrun is claimed again before those that came after it."""
    first = add_one(backend)
    due_at = backend.inspector.get(first).scheduled_at
    lease, claimed = claim_one(backend)
    add(backend)
    settle(backend, lease, claimed, Ending.RELEASED)
    assert backend.inspector.get(first).scheduled_at == due_at
    assert claim_one(backend)[1].id == first


def test_endings_and_claims_share_a_step(backend: NativeBackend) -> None:
    """One step writes the endings of a batch and claims the next one."""
    sent = add(backend, 6)
    lease, first = claim(backend, 3)
    step = backend.jobs.step(lease.id, [ending(job, Ending.COMPLETED) for job in first], 3)
    assert step.accepted == {job.id for job in first}
    assert [job.id for job in step.claimed] == sent[3:]


def test_different_endings_share_a_step(backend: NativeBackend) -> None:
    """A step of mixed endings writes each as if it were alone."""
    add(backend, len(STATES))
    lease, claimed = claim(backend, len(STATES))
    batch = [ending(job, how, delay_s=3600) for job, how in zip(claimed, STATES, strict=True)]
    assert backend.jobs.step(lease.id, batch, 0).accepted == {job.id for job in claimed}
    assert [state_of(backend, job.id) for job in claimed] == list(STATES.values())


def test_a_released_job_may_be_claimed_by_the_same_step(backend: NativeBackend) -> None:
    """Endings are written first, so a job given back may be handed out again by the claim that follows."""
    add(backend)
    lease, claimed = claim_one(backend)
    step = backend.jobs.step(lease.id, [ending(claimed, Ending.RELEASED)], 1)
    assert [job.id for job in step.claimed] == [claimed.id]
    assert step.claimed[0].fence > claimed.fence


@pytest.mark.parametrize("how", STATES)
def test_an_ending_under_an_expired_lease_changes_nothing(backend: NativeBackend, how: Ending) -> None:
    """After the lease's end no ending is accepted, even before anybody swept; the lost acknowledgement is kept."""
    job_id = add_one(backend)
    lease, (claimed,) = claim_and_vanish(backend)
    before = backend.inspector.get(job_id)
    step = backend.jobs.step(lease.id, [ending(claimed, how)], 5)
    assert (step.accepted, step.claimed, step.lease_valid) == (frozenset(), (), False)
    assert backend.inspector.get(job_id) == before
    assert outcomes(backend, job_id) == ["ack_lost"]


def test_an_ending_after_the_sweep_changes_nothing(backend: NativeBackend) -> None:
    """A worker that comes back after its job was given to another cannot end it, even under a lease of its own."""
    job_id = add_one(backend)
    _, (old,) = claim_and_vanish(backend)
    backend.jobs.sweep(10)
    lease, new = claim_one(backend)
    assert not settle(backend, lease, old, Ending.COMPLETED)
    assert state_of(backend, job_id) is State.PROCESSING
    assert outcomes(backend, job_id) == ["ack_lost"]
    assert settle(backend, lease, new, Ending.COMPLETED)
    assert state_of(backend, job_id) is State.COMPLETED


def test_another_lease_cannot_end_a_job(backend: NativeBackend) -> None:
    """The right fence under somebody else's valid lease is refused."""
    job_id = add_one(backend)
    _, claimed = claim_one(backend)
    other = backend.jobs.open_lease("w2", "default", LONG_LEASE_S)
    assert not settle(backend, other, claimed, Ending.COMPLETED)
    assert state_of(backend, job_id) is State.PROCESSING


def test_a_job_ends_once(backend: NativeBackend) -> None:
    """A second ending of the same run is refused and changes neither the state nor the result."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    assert settle(backend, lease, claimed, Ending.COMPLETED, result=b"1")
    done = backend.inspector.get(job_id)
    assert not settle(backend, lease, claimed, Ending.FAILED)
    assert backend.inspector.get(job_id) == done
    assert len(select(backend)) == 1


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.CANCELLED])
def test_an_ending_told_twice_was_not_too_late(backend: NativeBackend, how: Ending) -> None:
    """A worker that tells a final ending again, having missed the answer, is refused, and no acknowledgement is called lost."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    assert settle(backend, lease, claimed, how)
    assert not settle(backend, lease, claimed, how)
    assert outcomes(backend, job_id) == []


def test_an_ending_after_a_quarantine_was_too_late(backend: NativeBackend) -> None:
    """A worker that comes back after its job was given up as poisonous has its acknowledgement recorded as lost."""
    job_id = add_one(backend)
    for _ in range(2):
        claim_and_vanish(backend)
        backend.jobs.sweep(10)
    lease, (claimed,) = claim_and_vanish(backend)
    backend.jobs.sweep(10)
    assert state_of(backend, job_id) is State.FAILED
    assert not settle(backend, lease, claimed, Ending.COMPLETED)
    assert outcomes(backend, job_id) == ["lost", "lost", "ack_lost"]


def test_a_stale_ending_does_not_keep_its_neighbours_out(backend: NativeBackend) -> None:
    """In one step the stale endings are refused and the others written."""
    add(backend, 2)
    lease, (good, bad) = claim(backend, 2)
    stale = Settlement(bad.id, bad.fence + 7, bad.type, Ending.COMPLETED, 0.1)
    assert backend.jobs.step(lease.id, [ending(good, Ending.COMPLETED), stale], 0).accepted == {good.id}
    assert (state_of(backend, good.id), state_of(backend, bad.id)) == (State.COMPLETED, State.PROCESSING)


def test_a_deleted_jobs_ending_is_refused(backend: NativeBackend) -> None:
    """An ending for a job that is gone is refused and brings nothing back."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    settle(backend, lease, claimed, Ending.RELEASED)
    act_done(backend, Verb.DELETE, job_id)
    assert not settle(backend, lease, claimed, Ending.COMPLETED)
    assert select(backend) == []


def test_start_and_progress_of_a_long_run_are_shown(backend: NativeBackend) -> None:
    """A running job tells since when it runs and what its handler last reported; the start does not move."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    backend.jobs.mark_running(lease.id, [Running(job_id, claimed.fence, 0.0)])
    started_at = backend.inspector.get(job_id).started_at
    assert started_at is not None
    backend.jobs.mark_running(lease.id, [Running(job_id, claimed.fence, 5.0, '{"done": 4}')])
    job = backend.inspector.get(job_id)
    assert job.started_at == started_at
    assert job.progress is not None
    assert job.progress.raw == '{"done": 4}'


def test_a_stale_report_is_passed_over(backend: NativeBackend) -> None:
    """Progress of a run that no longer holds its job is not written."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    other = backend.jobs.open_lease("w2", "default", LONG_LEASE_S)
    backend.jobs.mark_running(lease.id, [Running(job_id, claimed.fence + 1, 1.0, "stale")])
    backend.jobs.mark_running(other.id, [Running(job_id, claimed.fence, 1.0, "not yours")])
    job = backend.inspector.get(job_id)
    assert (job.started_at, job.progress) == (None, None)


def outcomes(backend: NativeBackend, job_id: str) -> list[str]:
    """Return how the kept attempts of a job ended."""
    return [attempt.outcome for attempt in backend.inspector.attempts(job_id)]


@pytest.mark.parametrize("how", TARGETS)
def test_a_job_that_was_asked_to_stop_does_not_wait_again(backend: NativeBackend, how: Ending) -> None:
    """Where the rules of endings lead to a wait the job is cancelled; its attempt counts as the rules say."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    assert settle(backend, lease, claimed, how, delay_s=60)
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts) == (target_of(how, cancel_requested=True), int(how in FIGURES))
