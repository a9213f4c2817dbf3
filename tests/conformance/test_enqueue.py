"""Enqueue: what is stored, and what is answered when it is there already."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Verb
from queuetui.model.errors import BadPayload
from queuetui.model.job import Ending
from queuetui.model.state import State
from tests.conformance.scenes import (
    act_done,
    add,
    add_one,
    card,
    claim,
    claim_one,
    ending,
    ids,
    new_job,
    next_id,
    run,
    select,
    state_of,
    store_now,
)
from tests.conformance.stores import KEPT_BRIEFLY, Store
from tests.waiting import wait_until

PAYLOADS = {
    "big numbers": b'{"n": 123456789012345678901234567890, "x": 1e400}',
    "odd spacing": b' {  "a" :\t1,\n"a":2 } ',
    "escapes": b'"\\u0000 \\ud800 \\u202e"',
    "unicode": '{"shop": "Büro 北 🏪"}'.encode(),
    "empty": b"",
    "not utf-8": b"\xff\xfe\x00\x80",
    "quotes": b"'; drop table queuetui_job; --",
    "past the blob limit": b'"' + b"x" * 100_000 + b'"',
}


def test_every_field_is_read_back(backend: NativeBackend) -> None:
    """A job is read back with every field that it was enqueued with."""
    sent = new_job(
        queue="mail",
        name="Send the invoice",
        priority=7,
        max_attempts=5,
        idempotency_key="invoice-42",
        correlation_id="req-1",
        tags=("vip", "eu"),
        context='{"fields":{"user_id":7}}',
    )
    before = store_now(backend)
    backend.jobs.enqueue([sent])
    job = backend.inspector.get(sent.id)
    assert (job.ref.id, job.ref.backend, job.type.raw, job.queue.raw) == (sent.id, "shop", "Send", "mail")
    assert job.payload.raw == sent.payload.decode()
    assert job.payload_whole
    assert [text.raw for text in (job.name, job.idempotency_key, job.correlation_id) if text is not None] == [
        "Send the invoice",
        "invoice-42",
        "req-1",
    ]
    assert (job.priority, job.max_attempts, [tag.raw for tag in job.tags]) == (7, 5, ["vip", "eu"])
    assert job.created_at is not None
    assert before <= job.created_at <= store_now(backend)


def test_a_new_job_has_run_nowhere(backend: NativeBackend) -> None:
    """A job that nobody touched has no run, no error, no worker and no end; absent is not zero."""
    job = backend.inspector.get(add_one(backend))
    assert (job.state, job.attempts, job.lost, job.priority) == (State.PENDING, 0, 0, 0)
    absent = (job.error, job.result, job.worker, job.progress, job.name, job.correlation_id, job.idempotency_key)
    assert (*absent, job.context) == (None,) * 8
    assert (job.claimed_at, job.started_at, job.completed_at, job.cancel_requested_at, job.lease_until) == (None,) * 5
    assert job.scheduled_at == job.created_at == job.updated_at


def test_what_a_job_inherits_stays_with_it(backend: NativeBackend) -> None:
    """It is claimed with the job, by tags too, and stands there after a failure, in the final job, and in one that is retried."""
    inherited = '{"fields":{"user_id":7},"trace":{}}'
    job_id = add_one(backend, context=inherited)
    assert run(backend, Ending.RETRY, delay_s=0.0).context == inherited
    backend.jobs.promote(10)
    assert run(backend, Ending.FAILED).context == inherited
    for _ in range(2):
        found = backend.inspector.get(job_id).context
        assert found is not None
        assert found.raw == inherited
        if backend.inspector.get(job_id).state is State.FAILED:
            act_done(backend, Verb.RETRY, job_id)
    needy = add_one(backend, context=inherited, needs=("gpu",), queue="rendering")
    backend.jobs.register(card("w1", "rendering", tags=("gpu",)))
    assert [(one.id, one.context) for one in claim(backend, queue="rendering")[1]] == [(needy, inherited)]


def test_payload_bytes_are_opaque(backend: NativeBackend) -> None:
    """A worker gets the very bytes that were enqueued, whatever they are."""
    for name, payload in PAYLOADS.items():
        add(backend, payload=payload)
        _, claimed = claim_one(backend)
        assert claimed.payload == payload, name


def test_any_priority_is_kept_as_it_is(backend: NativeBackend) -> None:
    """A priority is any integer an application uses, not a set of levels."""
    for priority in (-(2**31), -7, 0, 19, 1_000_000, 2**31 - 1):
        assert backend.inspector.get(add_one(backend, priority=priority)).priority == priority
        _, claimed = claim_one(backend)
        assert claimed.priority == priority


def test_texts_keep_odd_characters(backend: NativeBackend) -> None:
    """Queue, type, key and tags are data: quotes, wildcards, case and other alphabets come back as they went in."""
    odd = "a'b\"c%_\\*?[x] Ünï \u202e;--"
    sent = new_job(queue=odd, type=odd, idempotency_key=odd, tags=(odd,), correlation_id=odd)
    backend.jobs.enqueue([sent])
    _, claimed = claim_one(backend, queue=odd)
    assert (claimed.queue, claimed.type, claimed.correlation_id, claimed.tags) == (odd, odd, odd, (odd,))
    assert backend.jobs.queues_ready([odd]) == ()


def test_a_delayed_job_is_scheduled(backend: NativeBackend) -> None:
    """A delay counts from the store's clock; until then the job cannot be claimed."""
    before = store_now(backend)
    job_id = add_one(backend, delay_s=3600)
    job = backend.inspector.get(job_id)
    assert job.state is State.SCHEDULED
    assert job.scheduled_at is not None
    assert before <= job.scheduled_at - timedelta(hours=1) <= store_now(backend)
    assert claim(backend)[1] == ()


def test_a_time_is_kept_to_the_microsecond(backend: NativeBackend) -> None:
    """A job for a time of day is due at exactly that time."""
    at = datetime(2999, 12, 31, 23, 59, 59, 123456, tzinfo=UTC)
    job = backend.inspector.get(add_one(backend, at=at))
    assert (job.state, job.scheduled_at) == (State.SCHEDULED, at)


def test_a_time_that_is_past_is_due_now(backend: NativeBackend) -> None:
    """A job for a time already gone waits as if it were due now."""
    job_id = add_one(backend, at=datetime(2001, 1, 1, tzinfo=UTC))
    assert state_of(backend, job_id) is State.PENDING
    assert claim_one(backend)[1].id == job_id


def test_an_id_sent_again_is_stored_once(backend: NativeBackend) -> None:
    """The same id sent again, in one call or in two, answers with the job that is there."""
    job = new_job()
    first, second = backend.jobs.enqueue([job, job])
    (third,) = backend.jobs.enqueue([job])
    assert [answer.created for answer in (first, second, third)] == [True, False, False]
    assert {answer.id for answer in (first, second, third)} == {job.id}
    assert third.state is State.PENDING
    assert len(select(backend)) == 1


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.FAILED, Ending.CANCELLED])
def test_an_id_sent_again_after_its_end_is_not_run_again(backend: NativeBackend, how: Ending) -> None:
    """The same id sent again after the job's end answers with its final state and starts nothing."""
    job = new_job(idempotency_key="once")
    backend.jobs.enqueue([job])
    run(backend, how)
    (answer,) = backend.jobs.enqueue([job])
    assert (answer.created, answer.id, answer.state) == (False, job.id, State(how.value))
    assert claim(backend)[1] == ()
    assert len(select(backend)) == 1


def test_a_key_answers_with_its_job(backend: NativeBackend) -> None:
    """A second job with a key answers with the first, whatever its state has become, and stores nothing."""
    first = add_one(backend, idempotency_key="k")
    (live,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    run(backend)
    (done,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert (live.created, live.id, live.state) == (False, first, State.PENDING)
    assert (done.created, done.id, done.state) == (False, first, State.COMPLETED)
    assert ids(select(backend)) == [first]


def test_a_key_twice_in_one_call_is_stored_once(backend: NativeBackend) -> None:
    """Two jobs of one key in one call are one job."""
    first, second = backend.jobs.enqueue([new_job(idempotency_key="k"), new_job(idempotency_key="k")])
    assert (first.created, second.created, second.id) == (True, False, first.id)
    assert len(select(backend)) == 1


def test_a_key_outlives_its_pruned_job(store: Store) -> None:
    """When the job has been pruned its key still answers with its id, and no state."""
    backend = store.open(KEPT_BRIEFLY)
    first = add_one(backend, idempotency_key="k")
    run(backend)
    wait_until(lambda: backend.jobs.prune(100))
    (answer,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert (answer.created, answer.id, answer.state) == (False, first, None)


def test_a_key_is_free_again_after_its_time(store: Store) -> None:
    """When the key's own time is over too, a new job may take it."""
    backend = store.open({**KEPT_BRIEFLY, "native.keep_keys": "0"})
    first = add_one(backend, idempotency_key="k")
    run(backend)
    pruned = 0

    def both_pruned() -> bool:
        nonlocal pruned
        pruned += backend.jobs.prune(100)
        return pruned == 2

    wait_until(both_pruned)
    (answer,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert answer.created
    assert answer.id != first


def test_a_live_jobs_key_is_never_pruned(store: Store) -> None:
    """Whatever the settings, a key stays while its job is live."""
    backend = store.open({**KEPT_BRIEFLY, "native.keep_keys": "0"})
    first = add_one(backend, idempotency_key="k")
    assert backend.jobs.prune(100) == 0
    (answer,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert (answer.created, answer.id) == (False, first)


def test_a_key_stays_with_a_job_that_is_retried(backend: NativeBackend) -> None:
    """A job that a person lets run again still holds its key."""
    first = add_one(backend, idempotency_key="k")
    run(backend, Ending.FAILED)
    act_done(backend, Verb.RETRY, first)
    (answer,) = backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert (answer.created, answer.id, answer.state) == (False, first, State.PENDING)


def test_one_key_from_many_threads_is_one_job(backend: NativeBackend) -> None:
    """Of many that enqueue one key at the same moment exactly one creates the job, and all are told its id."""
    with ThreadPoolExecutor(8) as pool:
        jobs = [new_job(idempotency_key="k") for _ in range(16)]
        answers = [answer for (answer,) in pool.map(lambda job: backend.jobs.enqueue([job]), jobs)]
    assert sum(answer.created for answer in answers) == 1
    assert len({answer.id for answer in answers}) == 1
    assert len(select(backend)) == 1


def test_one_id_from_many_threads_is_one_job(backend: NativeBackend) -> None:
    """Of many that send one id at the same moment exactly one creates the job."""
    job = new_job()
    with ThreadPoolExecutor(8) as pool:
        answers = [answer for (answer,) in pool.map(lambda _: backend.jobs.enqueue([job]), range(16))]
    assert sum(answer.created for answer in answers) == 1
    assert len(select(backend)) == 1


def test_a_bad_job_keeps_the_whole_call_out(backend: NativeBackend) -> None:
    """Jobs are stored all or none: one that cannot be stored keeps its neighbours out."""
    with pytest.raises((ValueError, OverflowError)):
        backend.jobs.enqueue([new_job(), new_job(delay_s=float("nan"))])
    assert select(backend) == []


def test_a_text_that_no_store_holds_is_refused(backend: NativeBackend) -> None:
    """A NUL or half a character in a job's texts is refused with its neighbours, and never as a driver's own error."""
    for field in ("type", "queue", "name", "idempotency_key", "correlation_id"):
        for text in ("a\x00b", "\ud800"):
            with pytest.raises(BadPayload):
                backend.jobs.enqueue([new_job(), new_job(**{field: text})])
    assert select(backend) == []


def test_many_jobs_in_one_call(backend: NativeBackend) -> None:
    """A call of many jobs stores each of them."""
    sent = add(backend, 1200)
    assert {job.ref.id for job in select(backend, size=500)} == set(sent)


def test_nothing_enqueued_is_nothing_answered(backend: NativeBackend) -> None:
    """A call without jobs answers with nothing."""
    assert backend.jobs.enqueue([]) == ()


def test_a_key_of_one_job_does_not_hide_another_id(backend: NativeBackend) -> None:
    """Jobs without keys never stand for each other."""
    backend.jobs.enqueue([new_job(), new_job(), new_job(id=next_id())])
    assert len(select(backend)) == 3


def test_many_plain_jobs_sent_again_are_known(backend: NativeBackend) -> None:
    """A large send whose answer was lost is sent again whole: whatever its jobs have become, none is stored twice."""
    jobs = [new_job() for _ in range(150)]
    assert all(answer.created and answer.state is State.PENDING for answer in backend.jobs.enqueue(jobs))
    lease, first = claim(backend, 40)
    backend.jobs.step(lease.id, [ending(one, Ending.COMPLETED) for one in first], 0)
    again = backend.jobs.enqueue(jobs)
    assert not any(answer.created for answer in again)
    assert {one.id for one in again if one.state is State.COMPLETED} == {one.id for one in first}
    rest = backend.jobs.step(lease.id, [], 150).claimed
    backend.jobs.step(lease.id, [ending(one, Ending.COMPLETED) for one in rest], 0)
    assert {(answer.created, answer.state) for answer in backend.jobs.enqueue(jobs)} == {(False, State.COMPLETED)}
    assert backend.jobs.step(lease.id, [], 1).claimed == ()


def test_odd_names_survive_a_large_send(backend: NativeBackend) -> None:
    """What is written in bulk reads back as it was given: tabs, line ends, backslashes and quotes are no signs there."""
    odd = "a\tb\nc\rd\\N\\.e'\"{},NULL"
    sent = [
        new_job(queue=odd, type=odd, correlation_id=odd, payload=odd.encode(), context=odd, priority=-number)
        for number in range(120)
    ]
    assert all(answer.created for answer in backend.jobs.enqueue(sent))
    _, claimed = claim(backend, 120, queue=odd)
    assert [one.id for one in claimed] == [one.id for one in sent]
    found = {(one.queue, one.type, one.correlation_id, one.payload, one.context) for one in claimed}
    assert found == {(odd, odd, odd, odd.encode(), odd)}
