"""Sweeps: how jobs come back from workers that are gone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Verb
from queuetui.model.job import Ending, RunError
from queuetui.model.state import State
from tests.conformance.scenes import (
    act_done,
    add,
    add_one,
    card,
    claim,
    claim_and_vanish,
    claim_one,
    ids,
    run,
    select,
    settle,
    state_of,
)
from tests.conformance.stores import Store


def lose(backend: NativeBackend, count: int = 1) -> tuple[bool, ...]:
    """Claim jobs in one step, vanish and be swept; tell which failed for good."""
    _, claimed = claim_and_vanish(backend, count)
    assert len(claimed) == count
    return tuple(one.failed for one in backend.jobs.sweep(100))


def test_a_lost_job_waits_again(backend: NativeBackend) -> None:
    """A job of an expired lease goes back to its place, counted as lost and not as an attempt."""
    job_id = add_one(backend)
    due_at = backend.inspector.get(job_id).scheduled_at
    _, (claimed,) = claim_and_vanish(backend)
    (swept,) = backend.jobs.sweep(10)
    assert (swept.job_id, swept.type, swept.queue, swept.worker, swept.failed) == (
        job_id,
        "Send",
        "default",
        "vanished",
        False,
    )
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts, job.lost, job.scheduled_at) == (State.PENDING, 0, 1, due_at)
    assert (job.lease_until, job.claimed_at, job.started_at) == (None, None, None)
    (attempt,) = backend.inspector.attempts(job_id)
    assert (attempt.outcome, attempt.fence, attempt.error) == ("lost", claimed.fence, None)


def test_a_run_may_be_lost_while_its_worker_lives(backend: NativeBackend) -> None:
    """A worker may say that the process of a run died: the job waits again at once, and the attempt tells of what it died."""
    job_id = add_one(backend)
    due_at = backend.inspector.get(job_id).scheduled_at
    claimed = run(backend, Ending.LOST, error=RunError("ProcessDied", "killed by SIGSEGV"))
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts, job.lost, job.error, job.scheduled_at) == (State.PENDING, 0, 1, None, due_at)
    (attempt,) = backend.inspector.attempts(job_id)
    assert (attempt.outcome, attempt.fence) == ("lost", claimed.fence)
    assert attempt.error is not None
    assert attempt.error.class_name.raw == "ProcessDied"
    assert attempt.started_at is not None


def test_the_third_process_that_dies_of_a_job_is_the_last(backend: NativeBackend) -> None:
    """Losses that a worker tells of count towards quarantine as swept ones do."""
    job_id = add_one(backend)
    lose(backend)
    run(backend, Ending.LOST)
    assert state_of(backend, job_id) is State.PENDING
    run(backend, Ending.LOST)
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts, job.lost) == (State.FAILED, 0, 3)
    assert job.error is not None
    assert job.error.class_name.raw == "PoisonPill"


def test_a_lost_run_that_was_asked_to_stop_is_cancelled(backend: NativeBackend) -> None:
    """A wish to cancel outlives the process."""
    job_id = add_one(backend)
    lease, claimed = claim_one(backend)
    act_done(backend, Verb.CANCEL, job_id)
    assert settle(backend, lease, claimed, Ending.LOST)
    assert (state_of(backend, job_id), backend.inspector.get(job_id).lost) == (State.CANCELLED, 1)


def test_a_loss_does_not_use_up_attempts(backend: NativeBackend) -> None:
    """A job with a single attempt runs again after its worker was lost."""
    add(backend, max_attempts=1)
    lose(backend)
    lease, claimed = claim_one(backend)
    assert (claimed.attempts, claimed.lost) == (0, 1)
    assert settle(backend, lease, claimed, Ending.COMPLETED)


def test_a_live_lease_is_left_alone(backend: NativeBackend) -> None:
    """A sweep touches neither jobs that are held nor jobs that wait or have ended."""
    sent = add(backend, 3)
    run(backend)
    claim_one(backend)
    before = [backend.inspector.get(job_id) for job_id in sent]
    assert backend.jobs.sweep(10) == ()
    assert [backend.inspector.get(job_id) for job_id in sent] == before


def test_a_sweep_takes_no_more_than_asked(backend: NativeBackend) -> None:
    """A sweep works in batches, and the next one goes on where it stopped."""
    sent = add(backend, 5)
    claim_and_vanish(backend, 5)
    batches = [backend.jobs.sweep(2) for _ in range(4)]
    assert [len(batch) for batch in batches] == [2, 2, 1, 0]
    assert sorted(one.job_id for batch in batches for one in batch) == sorted(sent)


def test_many_sweepers_lose_a_job_once(store: Store) -> None:
    """Several workers that sweep at the same moment count one loss a job."""
    backend = store.open()
    sent = add(backend, 40)
    claim_and_vanish(backend, 40)
    others = [store.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        swept = [one.job_id for batch in pool.map(lambda one: one.jobs.sweep(100), others) for one in batch]
    assert sorted(swept) == sorted(sent)
    assert {backend.inspector.get(job_id).lost for job_id in sent} == {1}


def test_the_third_loss_alone_is_the_last(backend: NativeBackend) -> None:
    """A job whose worker died three times while it alone was claimed is quarantined as a dead letter, saying why."""
    job_id = add_one(backend)
    assert [lose(backend) for _ in range(3)] == [(False,), (False,), (True,)]
    job = backend.inspector.get(job_id)
    assert (job.state, job.attempts, job.lost) == (State.FAILED, 0, 3)
    assert job.error is not None
    assert job.error.class_name.raw == "PoisonPill"
    assert job.completed_at is not None
    assert [one.outcome for one in backend.inspector.attempts(job_id)] == ["lost"] * 3
    assert claim(backend)[1] == ()


def test_a_loss_in_a_batch_condemns_nobody(backend: NativeBackend) -> None:
    """A loss shared with others makes a job suspect but does not count towards its quarantine."""
    add(backend, 2)
    assert lose(backend, 2) == (False, False)
    for _ in range(2):
        assert lose(backend) == (False,)
    first = next(job for job in select(backend) if job.lost == 3)
    assert first.state is State.PENDING


def test_a_quarantined_job_may_be_retried(backend: NativeBackend) -> None:
    """A person may let a quarantined job run again, and a run that ends well ends it."""
    job_id = add_one(backend)
    for _ in range(3):
        lose(backend)
    act_done(backend, Verb.RETRY, job_id)
    assert (backend.inspector.get(job_id).state, backend.inspector.get(job_id).lost) == (State.PENDING, 3)
    run(backend)
    assert state_of(backend, job_id) is State.COMPLETED


def test_a_lost_job_that_was_asked_to_stop_is_cancelled(backend: NativeBackend) -> None:
    """A wish to cancel outlives the worker: the swept job becomes cancelled, not pending."""
    job_id = add_one(backend)
    claim_and_vanish(backend)
    act_done(backend, Verb.CANCEL, job_id)
    (swept,) = backend.jobs.sweep(10)
    assert not swept.failed
    job = backend.inspector.get(job_id)
    assert (job.state, job.lost) == (State.CANCELLED, 1)


def test_a_lost_acknowledgement_outlasts_the_sweep(backend: NativeBackend) -> None:
    """When the late ending came before the sweep, the attempt stays a lost acknowledgement."""
    job_id = add_one(backend)
    lease, (claimed,) = claim_and_vanish(backend)
    settle(backend, lease, claimed, Ending.COMPLETED)
    backend.jobs.sweep(10)
    assert [one.outcome for one in backend.inspector.attempts(job_id)] == ["ack_lost"]
    assert (state_of(backend, job_id), backend.inspector.get(job_id).lost) == (State.PENDING, 1)


def test_a_cleaned_workers_jobs_are_swept(backend: NativeBackend) -> None:
    """Deleting a registration frees nothing by itself; the lease's end does."""
    job_id = add_one(backend)
    backend.jobs.register(card("vanished"))
    claim_and_vanish(backend)
    backend.jobs.retire("vanished")
    assert state_of(backend, job_id) is State.PROCESSING
    assert [one.job_id for one in backend.jobs.sweep(10)] == [job_id]
    assert ids(select(backend, "state:pending")) == [job_id]
