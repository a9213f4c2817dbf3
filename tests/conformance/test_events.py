"""What is logged of jobs, workers and queues: each transition and act exactly once, in order, with it or not at all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Running
from queuetui.model.act import Act, Outcome, Target, Verb
from queuetui.model.errors import BadPayload
from queuetui.model.event import EventKind, EventRequest, describe_event
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from queuetui.model.state import State
from queuetui.model.worker import note_worker
from queuetui.monitor.feed import Feed
from tests.conformance.event_scenes import CREATED, SCHEDULED, is_close, kinds, of_job, read, switch
from tests.conformance.scenes import (
    LIMITS,
    act_done,
    act_on,
    add,
    add_one,
    card,
    claim,
    claim_and_vanish,
    claim_one,
    ending,
    expire,
    new_job,
    pause,
    run,
    settle,
    state_of,
)
from tests.waiting import wait_until

ENDS = {
    Ending.COMPLETED: EventKind.JOB_COMPLETED,
    Ending.RETRY: EventKind.JOB_RETRIED,
    Ending.FAILED: EventKind.JOB_FAILED,
    Ending.SNOOZED: EventKind.JOB_SNOOZED,
    Ending.RELEASED: EventKind.JOB_RELEASED,
    Ending.CANCELLED: EventKind.JOB_CANCELLED,
    Ending.LOST: EventKind.JOB_LOST,
}


@pytest.mark.parametrize("how", list(Ending))
def test_each_end_of_a_run_is_told_in_order(loud: NativeBackend, how: Ending) -> None:
    """A job's life is told by one event a move, each with its queue, worker, attempt, fence and correlation id."""
    job_id = add_one(loud, correlation_id="order-7")
    claimed = run(loud, how, delay_s=60)
    events = of_job(loud, job_id)
    assert kinds(events) == [CREATED, SCHEDULED, ENDS[how]]
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert {describe_event(event)["correlation_id"] for event in events} == {"order-7"}
    assert {describe_event(event)["queue"] for event in events} == {"default"}
    created, *in_run = map(describe_event, events)
    assert (created["worker"], created["data"]["type"]) == (None, "Send")
    assert {event["worker"] for event in in_run} == {"w1"}
    assert {(event["data"]["attempt"], event["data"]["fence"]) for event in in_run} == {(1, claimed.fence)}


def test_an_end_tells_what_it_knows(loud: NativeBackend) -> None:
    """A retry tells its due time and the error's class, a snooze its due time, a completed run when it began."""
    retried, snoozed, completed = add_one(loud, priority=3), add_one(loud, priority=2), add_one(loud)
    run(loud, Ending.RETRY, delay_s=3600)
    run(loud, Ending.SNOOZED, delay_s=3600)
    run(loud, duration_s=3600.0)
    told = {job_id: of_job(loud, job_id)[-1] for job_id in (retried, snoozed, completed)}
    assert describe_event(told[retried])["data"]["error_class"] == "ValueError"
    assert describe_event(told[retried])["data"].keys() >= {"due_at"} <= describe_event(told[snoozed])["data"].keys()
    assert is_close(told[retried].moment, loud.inspector.get(retried).scheduled_at)
    assert is_close(told[snoozed].moment, loud.inspector.get(snoozed).scheduled_at)
    assert is_close(told[completed].moment, loud.inspector.get(completed).started_at)


def test_a_put_off_job_tells_when_it_is_due_and_that_it_is(loud: NativeBackend) -> None:
    """The due time is part of JobCreated, and JobDue ends the wait."""
    job_id = add_one(loud, delay_s=0.01)
    due_at = loud.inspector.get(job_id).scheduled_at
    wait_until(lambda: loud.jobs.promote(5), interval_s=0.005)
    created, due = of_job(loud, job_id)
    assert (created.kind, due.kind, created.moment) == (CREATED, EventKind.JOB_DUE, due_at)


def test_a_job_sent_again_is_created_once(loud: NativeBackend) -> None:
    """Neither an id nor a key that is known makes a second JobCreated, whatever became of the job."""
    job = new_job(idempotency_key="k")
    loud.jobs.enqueue([job])
    loud.jobs.enqueue([job, new_job(idempotency_key="k")])
    assert kinds(read(loud, EventRequest(kinds=frozenset({CREATED})))) == [CREATED]
    run(loud)
    loud.jobs.enqueue([job, new_job(idempotency_key="k")])
    assert kinds(read(loud, EventRequest(kinds=frozenset({CREATED})))) == [CREATED]


def test_jobs_that_cannot_be_stored_are_not_told(loud: NativeBackend) -> None:
    """An enqueue that is refused as a whole tells of none of its jobs."""
    with pytest.raises(BadPayload):
        loud.jobs.enqueue([new_job(), new_job(type="No\0t")])
    assert read(loud) == []


@pytest.mark.parametrize("how", [Ending.COMPLETED, Ending.FAILED, Ending.RETRY, Ending.LOST])
def test_a_stale_end_is_not_told(loud: NativeBackend, how: Ending) -> None:
    """What was not done is not logged: an end under a lease that is over, or under an older fence, tells nothing."""
    job_id = add_one(loud)
    lease, (claimed,) = claim_and_vanish(loud)
    assert not settle(loud, lease, claimed, how)
    loud.jobs.sweep(10)
    again, _ = claim_one(loud)
    before = kinds(of_job(loud, job_id))
    assert not settle(loud, again, claimed, how)
    assert kinds(of_job(loud, job_id)) == before == [CREATED, SCHEDULED, EventKind.JOB_LOST, SCHEDULED]


def test_the_second_of_two_ends_is_not_told(loud: NativeBackend) -> None:
    """Of two ends of one run in one step only the one that was accepted is logged."""
    job_id = add_one(loud)
    lease, claimed = claim_one(loud)
    loud.jobs.step(lease.id, [ending(claimed, Ending.COMPLETED), ending(claimed, Ending.COMPLETED)], 0)
    assert kinds(of_job(loud, job_id)) == [CREATED, SCHEDULED, EventKind.JOB_COMPLETED]


def test_a_batch_is_told_job_by_job(loud: NativeBackend) -> None:
    """One step that ends some runs and claims others logs each of them."""
    sent = add(loud, 6)
    lease, first = claim(loud, 3)
    loud.jobs.step(lease.id, [ending(one, Ending.COMPLETED) for one in first], 3)
    told = [kinds(of_job(loud, job_id)) for job_id in sent]
    assert sorted(told) == sorted([[CREATED, SCHEDULED, EventKind.JOB_COMPLETED]] * 3 + [[CREATED, SCHEDULED]] * 3)


def test_a_long_run_tells_its_start_and_progress(loud: NativeBackend) -> None:
    """JobStarted comes once, JobProgress for every change of it."""
    job_id = add_one(loud)
    lease, claimed = claim_one(loud)
    for progress in (None, "1 of 2", "1 of 2", "2 of 2"):
        loud.jobs.mark_running(lease.id, [Running(job_id, claimed.fence, 3600.0, progress)])
    loud.jobs.mark_running(lease.id, [Running(job_id, claimed.fence + 1, 0.5, "stale")])
    events = of_job(loud, job_id)[2:]
    assert kinds(events) == [EventKind.JOB_STARTED, EventKind.JOB_PROGRESS, EventKind.JOB_PROGRESS]
    assert is_close(events[0].moment, loud.inspector.get(job_id).started_at)
    assert [describe_event(event)["data"]["progress"] for event in events[1:]] == ["1 of 2", "2 of 2"]


def test_a_closed_lease_tells_what_it_gives_back(loud: NativeBackend) -> None:
    """Jobs that are given back are told as released, those that were asked to stop as cancelled."""
    kept, stopped = add_one(loud), add_one(loud)
    lease, _ = claim(loud, 2)
    act_done(loud, Verb.CANCEL, stopped)
    loud.jobs.close_lease(lease.id)
    assert kinds(of_job(loud, kept))[-1] is EventKind.JOB_RELEASED
    assert kinds(of_job(loud, stopped))[2:] == [EventKind.JOB_CANCEL_REQUESTED, EventKind.JOB_CANCELLED]


def test_a_swept_job_is_told_as_lost(loud: NativeBackend) -> None:
    """A sweep tells of every job it frees and of the worker whose lease is over; a third loss alone tells the end too."""
    job_id = add_one(loud)
    for _ in range(3):
        claim_and_vanish(loud)
        loud.jobs.sweep(10)
    events = of_job(loud, job_id)
    assert state_of(loud, job_id) is State.FAILED
    lost = [SCHEDULED, EventKind.JOB_LOST]
    assert kinds(events) == [CREATED, *lost, *lost, *lost, EventKind.JOB_FAILED]
    assert {describe_event(event)["worker"] for event in events[1:]} == {"vanished"}
    assert describe_event(events[-1])["data"]["error_class"] == "PoisonPill"
    lost_workers = read(loud, EventRequest(kinds=frozenset({EventKind.WORKER_LOST})))
    assert [describe_event(event)["worker"] for event in lost_workers] == ["vanished"] * 3


def test_a_swept_job_that_was_asked_to_stop_is_told_as_both(loud: NativeBackend) -> None:
    """A job lost while it was asked to stop is told as lost and then as cancelled."""
    job_id = add_one(loud)
    lease, _ = claim_one(loud)
    act_done(loud, Verb.CANCEL, job_id)
    expire(loud, lease)
    wait_until(lambda: loud.jobs.sweep(10), interval_s=0.01)
    assert kinds(of_job(loud, job_id))[-2:] == [EventKind.JOB_LOST, EventKind.JOB_CANCELLED]
    assert loud.jobs.close_lease(lease.id) == 0


ACTS: dict[str, tuple[Verb, EventKind, Callable[[NativeBackend], object]]] = {
    "retry of a failed job": (Verb.RETRY, EventKind.JOB_RETRIED, lambda backend: run(backend, Ending.FAILED)),
    "retry of a retrying job": (
        Verb.RETRY,
        EventKind.JOB_RETRIED,
        lambda backend: run(backend, Ending.RETRY, delay_s=9),
    ),
    "cancel": (Verb.CANCEL, EventKind.JOB_CANCELLED, lambda _: None),
    "cancel of a run": (Verb.CANCEL, EventKind.JOB_CANCEL_REQUESTED, claim_one),
    "delete": (Verb.DELETE, EventKind.JOB_DELETED, lambda _: None),
    "delete of a final job": (Verb.DELETE, EventKind.JOB_DELETED, run),
    "release": (Verb.RELEASE, EventKind.JOB_RELEASED, claim_and_vanish),
}


@pytest.mark.parametrize("name", list(ACTS))
def test_an_act_is_told_with_its_actor(loud: NativeBackend, name: str) -> None:
    """What a person does to a job is logged once and with who did it, also when the same act is asked for twice."""
    verb, kind, prepare = ACTS[name]
    job_id = add_one(loud, correlation_id="c1")
    prepare(loud)
    before = kinds(of_job(loud, job_id))
    ref = loud.inspector.get(job_id).ref
    act = Act(verb, "ana")
    for _ in range(2):
        (result,) = loud.operator.apply(act, [Target(ref)], LIMITS)
        assert result.outcome is Outcome.DONE
    *_, told = events = of_job(loud, job_id)
    assert kinds(events) == [*before, kind]
    described = describe_event(told)
    assert (described["data"]["by"], described["queue"], described["correlation_id"]) == ("ana", "default", "c1")


def test_an_act_that_changes_nothing_is_not_told(loud: NativeBackend) -> None:
    """A refused act and one on a job that has changed log nothing."""
    job_id = add_one(loud)
    stale = loud.inspector.get(job_id).ref
    claim_one(loud)
    before = kinds(of_job(loud, job_id))
    assert act_on(loud, Verb.RETRY, job_id)[0].outcome is Outcome.SKIPPED
    assert loud.operator.apply(Act(Verb.CANCEL, "ana"), [Target(stale)], LIMITS)[0].outcome is Outcome.SKIPPED
    assert kinds(of_job(loud, job_id)) == before


def test_pausing_and_switching_is_told(loud: NativeBackend) -> None:
    """A queue's pause, resume and switches are logged with who did them; a repeated one is not."""
    pause(loud)
    pause(loud)
    loud.operator.apply_to_queue(Act(Verb.RESUME, "bob"), "default")
    assert switch(loud, on=False) is Outcome.DONE
    assert switch(loud, on=False) is Outcome.SKIPPED
    assert switch(loud, on=True) is Outcome.DONE
    told = [describe_event(event) for event in read(loud, EventRequest(queue="default"))]
    assert [(event["event"], event["data"]["by"]) for event in told] == [
        ("QueuePaused", "ana"),
        ("QueueResumed", "bob"),
        ("QueueEventsOff", "ana"),
        ("QueueEventsOn", "ana"),
    ]


def test_workers_are_told(backend: NativeBackend) -> None:
    """A registration, its end and its cleaning are logged with the worker's name, whatever the queues' switches say."""
    backend.jobs.register(card("w1"))
    backend.jobs.retire("w1", note_worker(card("w1", "mail"), "SIGTERM"))
    backend.jobs.retire("w1")
    backend.jobs.register(card("w2"))
    wait_until(lambda: backend.operator.clean_workers(Act(Verb.CLEAN, "ana"), 0.0))
    told = [describe_event(event) for event in read(backend)]
    assert [(event["event"], event["worker"], event["data"].get("by")) for event in told] == [
        ("WorkerStarted", "w1", None),
        ("WorkerStopped", "w1", None),
        ("WorkerStarted", "w2", None),
        ("WorkerCleaned", "w2", "ana"),
    ]
    started, stopped = told[0]["data"], told[1]["data"]
    assert started == {"host": "web-1", "pid": 4411, "version": "0.1.0", "slots": 4, "queues": "default"}
    assert stopped == {**started, "queues": "mail", "why": "SIGTERM"}
    feed = Feed(backend, Limits())
    gone, is_cut = feed.gone_workers(timedelta(hours=1))
    assert [(one.id, one.end, one.describe()["why"], one.describe()["pid"]) for one in gone] == [
        ("w2", "cleaned", None, 4411),
        ("w1", "stopped", "SIGTERM", 4411),
    ]
    assert not is_cut
    backend.jobs.register(card("w1"))
    assert [one.id for one in feed.gone_workers(timedelta(hours=1))[0]] == ["w2"]
