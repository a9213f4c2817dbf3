"""The log of events as it is read, and the switch of each queue."""

from __future__ import annotations

import threading

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.model.act import Act, Outcome, Verb
from queuetui.model.errors import BadQuery
from queuetui.model.event import Event, EventKind, EventRequest, describe_event
from queuetui.model.job import Ending, NewJob
from tests.conformance.event_scenes import CREATED, SCHEDULED, kinds, of_job, read, switch
from tests.conformance.scenes import (
    act_done,
    add,
    add_one,
    claim_one,
    new_job,
    pause,
    run,
    settle,
    snapshot,
    store_now,
)
from tests.conformance.stores import Store
from tests.waiting import wait_until


def live(backend: NativeBackend, queue: str = "default") -> str:
    """Let a job of a queue meet nearly all that can happen to one."""
    job_id = add_one(backend, queue=queue, delay_s=0.01)
    wait_until(lambda: backend.jobs.promote(5), interval_s=0.005)
    lease, claimed = claim_one(backend, queue=queue)
    backend.jobs.mark_running(lease.id, [Running(job_id, claimed.fence, 0.5, "half")])
    settle(backend, lease, claimed, Ending.RETRY, delay_s=60)
    act_done(backend, Verb.RETRY, job_id)
    pause(backend, queue)
    backend.operator.apply_to_queue(Act(Verb.RESUME, "ana"), queue)
    run(backend, queue=queue)
    return job_id


def correlation(event: Event) -> str | None:
    """Return the correlation id that an event tells."""
    return None if event.correlation_id is None else event.correlation_id.raw


def test_a_queue_whose_events_are_off_tells_nothing(backend: NativeBackend) -> None:
    """Off means none, from the first job to the last act, and beside a queue that tells all."""
    switch(backend, on=True, queue="loud")
    switch(backend, on=False, queue="quiet")
    quiet, loud = live(backend, "quiet"), live(backend, "loud")
    assert of_job(backend, quiet) == []
    assert len(of_job(backend, loud)) == 9
    assert kinds(read(backend, EventRequest(queue="quiet"))) == [EventKind.QUEUE_EVENTS_OFF]


def test_a_picture_says_of_each_queue_whether_its_events_are_on(backend: NativeBackend) -> None:
    """A queue that was switched off says so beside one that nobody switched, and again when it is on."""
    switch(backend, on=False, queue="quiet")
    add_one(backend, queue="quiet")
    add_one(backend)
    assert {one.name.raw: one.logs_events for one in snapshot(backend).queues} == {"quiet": False, "default": True}
    switch(backend, on=True, queue="quiet")
    assert all(one.logs_events for one in snapshot(backend).queues)


def test_a_queue_that_nobody_switched_tells_all(backend: NativeBackend) -> None:
    """Events are on until somebody switches them off."""
    assert backend.events.logs_events("default")
    assert kinds(of_job(backend, add_one(backend))) == [CREATED]


def test_one_call_may_meet_loud_and_quiet_queues(backend: NativeBackend) -> None:
    """Jobs enqueued together are told by the switch of the queue that each goes to."""
    switch(backend, on=True, queue="loud")
    switch(backend, on=False, queue="quiet")
    jobs = [new_job(queue=queue) for queue in ("loud", "quiet", "loud", "quiet")]
    backend.jobs.enqueue(jobs)
    assert [event.job_id for event in read(backend, EventRequest(kinds=frozenset({CREATED})))] == [
        job.id for job in jobs if job.queue == "loud"
    ]


@pytest.mark.parametrize("count", [1, 2, 99, 250])
def test_jobs_enqueued_together_are_told_one_by_one(loud: NativeBackend, count: int) -> None:
    """However many jobs a call stores, each is told once, with its type and due time; sent again they are not."""
    jobs = [new_job(correlation_id=f"c{number}") for number in range(count)]
    loud.jobs.enqueue(jobs)
    loud.jobs.enqueue(jobs)
    told = read(loud, EventRequest(limit=1000))
    assert sorted(event.job_id or "" for event in told) == [job.id for job in jobs]
    assert all(event.kind is CREATED and event.moment is not None for event in told)
    assert {describe_event(event)["data"]["type"] for event in told} == {"Send"}
    assert [event.job_id for event in read(loud, EventRequest(correlation_id="c0"))] == [jobs[0].id]


@pytest.mark.parametrize("count", [1, 2, 250])
def test_jobs_that_bear_their_own_id_are_told_with_it(loud: NativeBackend, count: int) -> None:
    """By its own id a job is found with all that it was told of and with the jobs that followed from it, and no other job is."""
    jobs = [job._replace(correlation_id=job.id) for job in (new_job(type=f"T{n % 3}") for n in range(count))]
    loud.jobs.enqueue(jobs)
    follower = add_one(loud, correlation_id=jobs[0].id)
    mixed = [new_job(correlation_id=jobs[0].id if n % 2 else f"c{n}") for n in range(count)]
    loud.jobs.enqueue(mixed)
    assert act_done(loud, Verb.CANCEL, jobs[0].id) is not None
    told = read(loud, EventRequest(correlation_id=jobs[0].id, limit=1000))
    related = [jobs[0].id, follower, *(job.id for job in mixed[1::2])]
    assert sorted(event.job_id or "" for event in told if event.kind is CREATED) == sorted(related)
    assert {correlation(event) for event in told} == {jobs[0].id}
    assert [event.kind for event in told if event.job_id == jobs[0].id] == [CREATED, EventKind.JOB_CANCELLED]
    types = {job.id: job.type for job in jobs}
    created = read(loud, EventRequest(kinds=frozenset({CREATED}), limit=1000))
    assert {event.job_id: describe_event(event)["data"]["type"] for event in created if event.job_id in types} == types
    assert {correlation(event) for event in created if event.job_id in types} == set(types)


def test_a_switch_holds_for_all_who_use_the_store(store: Store) -> None:
    """A switch is the store's, and every process goes by it at once."""
    one, other = store.open(), store.open()
    switch(one, on=True)
    assert other.events.logs_events("default")
    job_id = add_one(other)
    switch(one, on=False)
    assert not other.events.logs_events("default")
    run(other)
    assert kinds(of_job(one, job_id)) == [CREATED]


def test_a_pause_leaves_the_switch(loud: NativeBackend) -> None:
    """Pausing and resuming a queue does not change whether it logs."""
    pause(loud)
    loud.operator.apply_to_queue(Act(Verb.RESUME, "ana"), "default")
    assert loud.events.logs_events("default")


def test_events_are_narrowed(backend: NativeBackend) -> None:
    """Events are found by job, queue, correlation id, kind and time, and by all of them together."""
    for queue in ("a", "b"):
        switch(backend, on=True, queue=queue)
    first = add_one(backend, queue="a", correlation_id="c1")
    second = add_one(backend, queue="b", correlation_id="c1")
    add_one(backend, queue="b", correlation_id="c2")
    since = store_now(backend)
    run(backend, queue="b")
    by_correlation = read(backend, EventRequest(correlation_id="c1"))
    assert [event.job_id for event in by_correlation] == [first, second, second, second]
    ends = frozenset({EventKind.JOB_COMPLETED})
    assert [event.job_id for event in read(backend, EventRequest(queue="b", kinds=ends))] == [second]
    assert kinds(read(backend, EventRequest(queue="b", since=since))) == [SCHEDULED, EventKind.JOB_COMPLETED]
    assert read(backend, EventRequest(queue="a", kinds=ends)) == []
    assert read(backend, EventRequest(job_id=first, queue="b")) == []
    assert read(backend, EventRequest(job_id="no such job")) == []
    assert read(backend, EventRequest(correlation_id="no\0such")) == []


def test_pages_go_back_without_gaps(loud: NativeBackend) -> None:
    """Page by page the whole log is met once, newest first, and the last page says that it is the last."""
    sent = add(loud, 7)
    log = loud.events
    request, met = EventRequest(queue="default", limit=3), list[str | None]()
    while True:
        page = log.events(request)
        met += [event.job_id for event in page.events]
        if not page.has_more:
            break
        request = EventRequest(queue="default", limit=3, before=page.last)
    assert met == [*reversed(sent)]
    assert len(log.events(EventRequest(job_id=sent[0], limit=1)).events) == 1


def test_pages_of_one_job_go_back_too(loud: NativeBackend) -> None:
    """The log of one job is read page by page as well."""
    job_id = live(loud)
    log = loud.events
    newest = log.events(EventRequest(job_id=job_id, limit=5))
    older = log.events(EventRequest(job_id=job_id, limit=5, before=newest.last))
    assert newest.has_more
    assert not older.has_more
    assert [*older.events[::-1], *newest.events[::-1]] == of_job(loud, job_id)


def test_a_cursor_of_another_log_is_refused(loud: NativeBackend) -> None:
    """A cursor that is none is refused with words, not with the driver's error."""
    for request in (EventRequest(before="' or 1=1"), EventRequest(job_id=add_one(loud), before="x")):
        with pytest.raises(BadQuery):
            loud.events.events(request)


def test_events_of_a_deleted_job_stay(loud: NativeBackend) -> None:
    """What happened to a job is told after the job itself is gone."""
    job_id = add_one(loud)
    act_done(loud, Verb.DELETE, job_id)
    assert kinds(of_job(loud, job_id)) == [CREATED, EventKind.JOB_DELETED]


def test_the_clock_of_events_is_the_stores(loud: NativeBackend) -> None:
    """Events are stamped by the store's clock."""
    before = store_now(loud)
    job_id = add_one(loud)
    (created,) = of_job(loud, job_id)
    created_at = loud.inspector.get(job_id).created_at
    assert created_at is not None
    assert before <= created_at <= created.at <= store_now(loud)


def test_hostile_texts_are_kept_as_they_are(loud: NativeBackend) -> None:
    """Names with separators, quotes and control characters come back the same."""
    name = "a|b'c\"d\n\x1b[2J,;=%{}"
    switch(loud, on=True, queue=name)
    job = new_job(queue=name, type=name, correlation_id=name)
    assert isinstance(job, NewJob)
    loud.jobs.enqueue([job])
    (created,) = of_job(loud, job.id)
    described = describe_event(created)
    assert (described["queue"], described["correlation_id"], described["data"]["type"]) == (name, name, name)


def test_old_events_are_pruned_in_batches(store: Store) -> None:
    """Events past their time go, no more at once than asked, and young ones stay."""
    backend = store.open()
    job_id = live(backend)
    assert backend.jobs.prune(100) == 0
    assert len(of_job(backend, job_id)) == 9
    other = store.open({"native.keep_events": "0"})
    wait_until(lambda: other.jobs.prune(4) == 4)
    assert of_job(backend, job_id)
    wait_until(lambda: other.jobs.prune(100) is not None and not of_job(backend, job_id))


def test_a_listener_hears_of_new_events(loud: NativeBackend) -> None:
    """Where there is a way to hear, what a person does rings at once; elsewhere the answer is that there is none."""
    heard = threading.Event()
    ear = loud.events.listen_events(heard.set)
    if ear is None:
        return
    try:
        # Until the ear is open what rings is not heard.
        wait_until(lambda: pause_and_resume(loud) and heard.wait(0.1), awaiting="a hint")
    finally:
        ear.close()


def pause_and_resume(backend: NativeBackend) -> bool:
    """Do something to a queue that is told."""
    pause(backend)
    return backend.operator.apply_to_queue(Act(Verb.RESUME, "ana"), "default").outcome is Outcome.DONE
