"""Claims: which jobs a step hands out, in which order, and to whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Verb
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
    new_job,
    pause,
    select,
    settle,
    store_now,
)
from tests.conformance.stores import Store
from tests.waiting import wait_until


def test_a_claimed_job_carries_what_its_handler_needs(backend: NativeBackend) -> None:
    """A worker gets the whole job with the claim."""
    job_id = add_one(
        backend, queue="mail", name="n", priority=3, max_attempts=4, correlation_id="c", tags=("t",), timeout_s=1.5
    )
    _, claimed = claim_one(backend, queue="mail")
    stored = backend.inspector.get(job_id)
    assert (claimed.id, claimed.type, claimed.queue, claimed.name) == (job_id, "Send", "mail", "n")
    assert (claimed.priority, claimed.max_attempts, claimed.correlation_id, claimed.tags) == (3, 4, "c", ("t",))
    assert (claimed.timeout_s, claimed.attempts, claimed.lost, claimed.cancel_requested) == (1.5, 0, 0, False)
    assert (claimed.created_at, claimed.scheduled_at) == (stored.created_at, stored.scheduled_at)


def test_each_job_of_a_batch_carries_its_own(backend: NativeBackend) -> None:
    """Neighbours that are alike in part, or in all but their payloads, are told apart."""
    own = new_job()
    differ: list[dict[str, object]] = [{}, {"payload": b"1"}, {"type": "Sender"}, {"type": "Sen"}, {"name": "n"}]
    differ += [{"name": "n", "payload": b'"%b"' % (b"x" * 2000)}, {"name": "n", "tags": ("t",)}, {"tags": ("t", "u")}]
    differ += [{"correlation_id": "c"}, {"idempotency_key": "c"}, {"timeout_s": 2.0}, {"context": '{"a": 1}'}, {}]
    jobs = [own._replace(correlation_id=own.id), *(new_job(**changes) for changes in differ)]
    assert all(answer.created for answer in backend.jobs.enqueue(jobs))
    _, claimed = claim(backend, len(jobs))
    shared = ("id", "type", "payload", "name", "correlation_id", "tags", "timeout_s", "context")
    told = [tuple(getattr(one, name) for name in shared) for one in claimed]
    assert told == [tuple(getattr(one, name) for name in shared) for one in jobs]


def test_a_claim_is_stored(backend: NativeBackend) -> None:
    """A claimed job is processing, with its worker, its claim's time and its lease's end, and has not started."""
    job_id = add_one(backend)
    lease, _ = claim_one(backend)
    job = backend.inspector.get(job_id)
    assert job.state is State.PROCESSING
    assert job.worker is not None
    assert job.worker.raw == "w1"
    assert job.claimed_at is not None
    assert job.claimed_at <= store_now(backend)
    assert (job.started_at, job.lease_until) == (None, lease.until)


def test_claims_go_by_priority_then_by_due_time(backend: NativeBackend) -> None:
    """Higher priority first, then the longest due, then the lower id."""
    low = add_one(backend, priority=-1)
    first, second = add(backend, 2, priority=5)
    high = add_one(backend, priority=900)
    third = add_one(backend, priority=5)
    _, claimed = claim(backend, 10)
    assert [job.id for job in claimed] == [high, first, second, third, low]


def test_a_job_that_came_due_later_waits_behind(backend: NativeBackend) -> None:
    """A delayed job takes its place by the time it was due, not by the time it was sent."""
    late = add_one(backend)
    lease, claimed_once = claim_one(backend)
    early = add_one(backend)
    settle(backend, lease, claimed_once, Ending.SNOOZED, delay_s=0.02)
    wait_until(lambda: backend.jobs.promote(10) == 1, interval_s=0.005)
    _, claimed = claim(backend, 10)
    assert [job.id for job in claimed] == [early, late]


def test_a_claim_takes_no_more_than_asked(backend: NativeBackend) -> None:
    """A step claims at most what it asks for; zero claims nothing."""
    add(backend, 5)
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    assert [len(backend.jobs.step(lease.id, [], count).claimed) for count in (0, 2, 10, 1)] == [0, 2, 3, 0]


def test_a_claim_keeps_to_the_queue_of_its_lease(backend: NativeBackend) -> None:
    """A lease on one queue never takes another queue's jobs."""
    mail = add_one(backend, queue="mail")
    add(backend, queue="import", priority=100)
    assert [job.id for job in claim(backend, 10, "mail")[1]] == [mail]


def test_only_pending_jobs_are_claimed(backend: NativeBackend) -> None:
    """Scheduled, retrying, cancelled, failed and finished jobs are not handed out."""
    for how in (Ending.RETRY, Ending.FAILED, Ending.COMPLETED):
        add(backend)
        lease, claimed = claim_one(backend)
        settle(backend, lease, claimed, how, delay_s=3600)
    add(backend, delay_s=3600)
    act_done(backend, Verb.CANCEL, add_one(backend))
    assert claim(backend, 10)[1] == ()


def test_a_paused_queue_is_not_claimed(backend: NativeBackend) -> None:
    """A claim that begins after the pause gets nothing, the lease stays valid, and resume lets it go on."""
    add(backend)
    pause(backend)
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    step = backend.jobs.step(lease.id, [], 5)
    assert (step.claimed, step.lease_valid) == ((), True)
    backend.operator.apply_to_queue(Act(Verb.RESUME, "ana"), "default")
    assert len(backend.jobs.step(lease.id, [], 5).claimed) == 1


def test_a_claim_needs_a_lease(backend: NativeBackend) -> None:
    """Under a lease that never was nothing is claimed."""
    add(backend)
    step = backend.jobs.step(uuid4().hex, [], 5)
    assert (step.claimed, step.lease_valid) == ((), False)
    assert [job.state for job in select(backend)] == [State.PENDING]


def test_no_job_is_claimed_twice(store: Store) -> None:
    """Several workers claiming at the same moment share the jobs out without one in two hands."""
    backend = store.open()
    sent = add(backend, 120)

    def take_all(worker: str) -> list[str]:
        own = store.open()
        lease = own.jobs.open_lease(worker, "default", LONG_LEASE_S)
        taken = list[str]()
        while claimed := own.jobs.step(lease.id, [], 7).claimed:
            taken += [job.id for job in claimed]
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = [job_id for one in pool.map(take_all, "abcd") for job_id in one]
    assert sorted(taken) == sorted(sent)


def test_the_fence_only_grows(backend: NativeBackend) -> None:
    """Each claim of a job raises its fence, and a retry by a person does not set it back."""
    job_id = add_one(backend)
    fences = []
    for how in (Ending.RELEASED, Ending.FAILED, Ending.COMPLETED):
        lease, claimed = claim_one(backend)
        fences.append(claimed.fence)
        settle(backend, lease, claimed, how)
        if how is not Ending.RELEASED:
            act_done(backend, Verb.RETRY, job_id)
    fences.append(claim_one(backend)[1].fence)
    assert fences == sorted(set(fences))


def test_every_write_changes_the_version(backend: NativeBackend) -> None:
    """Enqueue, claim, end and retry each leave the job with a version never seen before."""
    job_id = add_one(backend)
    seen = [backend.inspector.get(job_id).ref.rev]
    lease, claimed = claim_one(backend)
    seen.append(backend.inspector.get(job_id).ref.rev)
    settle(backend, lease, claimed, Ending.FAILED)
    seen.append(backend.inspector.get(job_id).ref.rev)
    act_done(backend, Verb.RETRY, job_id)
    seen.append(backend.inspector.get(job_id).ref.rev)
    assert len(set(seen)) == 4


def test_a_job_lost_before_is_claimed_alone(backend: NativeBackend) -> None:
    """After a loss in a batch each of its jobs is claimed in a step of its own, until one proves to be the culprit."""
    add(backend, 3)
    claim_and_vanish(backend, 3)
    backend.jobs.sweep(10)
    add(backend, 2)
    lease = backend.jobs.open_lease("w1", "default", LONG_LEASE_S)
    sizes = [len(backend.jobs.step(lease.id, [], 10).claimed) for _ in range(5)]
    assert sizes == [1, 1, 1, 2, 0]


def test_ready_queues_are_named_in_the_order_given(backend: NativeBackend) -> None:
    """Only unpaused queues with pending jobs are ready, in the caller's order; without names all of them."""
    for queue in ("mail", "import", "paused"):
        add(backend, queue=queue)
    add(backend, queue="later", delay_s=3600)
    pause(backend, "paused")
    asked = ["later", "paused", "import", "nobody", "mail"]
    assert backend.jobs.queues_ready(asked) == ("import", "mail")
    assert sorted(backend.jobs.queues_ready(None)) == ["import", "mail"]


@pytest.mark.parametrize("queues", [None, [], ["default"]])
def test_an_empty_store_has_no_ready_queue(backend: NativeBackend, queues: list[str] | None) -> None:
    """With no jobs no queue is ready."""
    assert backend.jobs.queues_ready(queues) == ()
