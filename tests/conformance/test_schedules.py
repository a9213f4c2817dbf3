"""Schedules: one job a slot however many workers look, and edits that are compared and set."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Outcome, Result, Verb
from queuetui.model.errors import BadPayload, Unsupported
from queuetui.model.schedule import JobPattern, Schedule, ScheduleEdit, ScheduleSpec, Slot, Taken, Taking, Timing
from queuetui.model.state import State
from tests.conformance.scenes import claim, ids, run, select, state_of, store_now
from tests.conformance.stores import Store

HOUR = timedelta(hours=1)
SLOT = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def backend(store: Store) -> NativeBackend:
    """A backend on an empty store."""
    return store.open()


def spec(name: str = "report", **changes: Any) -> ScheduleSpec:
    """Return a schedule of every hour."""
    return replace(ScheduleSpec(name, Timing("0 * * * *"), JobPattern("Send", '{"to": "é"}', "mail")), **changes)


def add(backend: NativeBackend, next_at: datetime = SLOT, **changes: Any) -> Schedule:
    """Add a schedule that was due long ago, or will be."""
    wanted = spec(**changes)
    assert do(backend, Verb.SCHEDULE, wanted.name, ScheduleEdit(None, wanted, next_at)).outcome is Outcome.DONE
    return read(backend, wanted.name)


def do(backend: NativeBackend, verb: Verb, name: str, edit: ScheduleEdit) -> Result:
    """Do an act to a schedule."""
    return backend.schedules.apply_to_schedule(Act(verb, "ana"), name, edit)


def read(backend: NativeBackend, name: str = "report") -> Schedule:
    """Return a schedule as it is now."""
    return {one.spec.name: one for one in backend.schedules.schedules().schedules}[name]


def take(backend: NativeBackend, seen: Schedule, *hours: int) -> Taken | None:
    """Take the slots so many hours after SLOT; the next one is an hour after the last."""
    slots = tuple(Slot(SLOT + hour * HOUR, seen.spec.make_job()) for hour in hours)
    next_at = (slots[-1].at if slots else seen.next_at) + HOUR
    return backend.schedules.take_slots(seen.spec.name, seen.rev, seen.next_at, Taking(slots, next_at))


def test_a_slot_makes_the_job_that_was_asked_for(backend: NativeBackend) -> None:
    """The job of a slot is pending in its queue with the pattern's rules, and the schedule knows slot and job."""
    pattern = JobPattern("Send", '{"to": "é"}', "mail", "nightly", 7, 5, ("a",), (), 30.0)
    taken = take(backend, add(backend, job=pattern), 0)
    assert taken is not None
    (made,) = taken.jobs
    job = backend.inspector.get(made.id)
    assert (job.state, job.type.raw, job.queue.raw, job.priority, job.max_attempts) == (
        State.PENDING,
        "Send",
        "mail",
        7,
        5,
    )
    assert job.name is not None
    assert (job.name.raw, job.payload.raw, [tag.raw for tag in job.tags]) == ("nightly", '{"to": "é"}', ["a"])
    after = read(backend)
    assert (after.last_slot_at, after.last_job_id, after.last_state) == (SLOT, made.id, State.PENDING)
    assert after.next_at == SLOT + HOUR


def test_a_slot_is_taken_once_by_many(store: Store) -> None:
    """Of workers that look at the same moment one makes the job."""
    backends = [store.open() for _ in range(4)]
    seen = add(backends[0])
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda one: take(one, seen, 0), backends * 2))
    assert sum(len(one.jobs) for one in taken if one is not None) == 1
    assert len(select(backends[0])) == 1


def test_a_slot_that_was_made_is_not_made_again(backend: NativeBackend) -> None:
    """A schedule that is set back, or removed and added again, does not make the job of a slot twice."""
    seen = add(backend)
    take(backend, seen, 0)
    do(backend, Verb.SCHEDULE, "report", ScheduleEdit(read(backend).rev, seen.spec, SLOT))
    again = take(backend, read(backend), 0, 1)
    assert again is not None
    assert len(again.jobs) == 1
    do(backend, Verb.UNSCHEDULE, "report", ScheduleEdit(read(backend).rev))
    add(backend)
    assert take(backend, read(backend), 0, 1) == Taken(())
    assert len(select(backend)) == 2


@pytest.mark.parametrize("verb", [Verb.PAUSE, Verb.UNSCHEDULE, Verb.SCHEDULE])
def test_a_slot_of_a_schedule_that_changed_is_not_taken(backend: NativeBackend, verb: Verb) -> None:
    """A person's word that came between the look and the taking holds."""
    seen = add(backend)
    edit = ScheduleEdit(seen.rev, spec(job=JobPattern("Other")), SLOT)
    assert do(backend, verb, "report", edit).outcome is Outcome.DONE
    assert take(backend, seen, 0) is None
    assert select(backend) == []


def test_due_schedules_are_told_the_longest_due_first(backend: NativeBackend) -> None:
    """What is due is read in batches; what lies ahead and what is paused is not among it."""
    assert backend.schedules.next_slot_s() is None
    later = store_now(backend) + HOUR
    add(backend, name="ahead", next_at=later)
    ahead_s = backend.schedules.next_slot_s()
    assert ahead_s is not None
    assert 3500 < ahead_s <= 3600
    for hour, name in enumerate(("c", "a", "b")):
        add(backend, name=name, next_at=SLOT + hour * HOUR)
    paused = add(backend, name="paused")
    do(backend, Verb.PAUSE, "paused", ScheduleEdit(paused.rev))
    assert backend.schedules.next_slot_s() == 0.0
    reading = backend.schedules.due_schedules(2)
    assert ([one.spec.name for one in reading.schedules], reading.is_cut) == (["c", "a"], True)
    assert abs((reading.now - store_now(backend)).total_seconds()) < 5
    assert [one.spec.name for one in backend.schedules.due_schedules(9).schedules] == ["c", "a", "b"]
    assert [one.spec.name for one in backend.schedules.schedules().schedules] == ["a", "ahead", "b", "c", "paused"]


def test_a_slot_can_be_passed_over_while_the_job_before_goes_on(backend: NativeBackend) -> None:
    """Without overlap a slot makes no job until the one before is final, and the schedule goes on to the next slot."""
    take(backend, add(backend, overlap=False), 0)
    for hour in (1, 2):
        assert take(backend, read(backend), hour) == Taken((), overlapped=True)
        claim(backend, queue="mail")
    assert read(backend).next_at == SLOT + 3 * HOUR


def test_a_slot_after_the_job_before_ended_makes_its_job(backend: NativeBackend) -> None:
    """A finished job does not hold up the next slot."""
    take(backend, add(backend, overlap=False), 0)
    run(backend, queue="mail")
    assert read(backend).last_state is State.COMPLETED
    taken = take(backend, read(backend), 1)
    assert taken is not None
    assert (len(taken.jobs), taken.overlapped) == (1, False)


def test_a_paused_schedule_says_by_whom_and_goes_on_from_where_it_is_told(backend: NativeBackend) -> None:
    """Pausing stamps time and name; resuming sets the next slot that was given with it."""
    seen = add(backend)
    before = store_now(backend)
    assert do(backend, Verb.PAUSE, "report", ScheduleEdit(seen.rev)).outcome is Outcome.DONE
    paused = read(backend)
    assert (paused.paused_by, paused.rev) == ("ana", seen.rev + 1)
    assert paused.paused_at is not None
    assert before <= paused.paused_at <= store_now(backend)
    twice = do(backend, Verb.PAUSE, "report", ScheduleEdit(paused.rev))
    assert (twice.outcome, twice.note) == (Outcome.SKIPPED, "it is paused already")
    do(backend, Verb.RESUME, "report", ScheduleEdit(paused.rev, next_at=SLOT + 9 * HOUR))
    going = read(backend)
    assert (going.paused_at, going.paused_by, going.next_at) == (None, None, SLOT + 9 * HOUR)
    again = do(backend, Verb.RESUME, "report", ScheduleEdit(going.rev, next_at=SLOT))
    assert (again.outcome, again.note) == (Outcome.SKIPPED, "it is not paused")


def test_an_edit_of_what_changed_is_not_done(backend: NativeBackend) -> None:
    """A person who saw an older version, or none, changes nothing and is told so."""
    seen = add(backend)
    do(backend, Verb.PAUSE, "report", ScheduleEdit(seen.rev))
    notes = [
        do(backend, Verb.UNSCHEDULE, "report", ScheduleEdit(seen.rev)).note,
        do(backend, Verb.SCHEDULE, "report", ScheduleEdit(None, spec(), SLOT)).note,
        do(backend, Verb.RUN, "gone", ScheduleEdit(1, job=spec().make_job())).note,
    ]
    assert notes == [
        "it changed since it was seen",
        "there is a schedule of that name already",
        "it is no longer there",
    ]
    assert select(backend) == []


def test_a_schedule_can_be_run_at_once(backend: NativeBackend) -> None:
    """A job is made now whatever the slots say, paused or not, and the note names it; the slots stay as they are."""
    seen = add(backend)
    do(backend, Verb.PAUSE, "report", ScheduleEdit(seen.rev))
    paused = read(backend)
    job = paused.spec.make_job()
    result = do(backend, Verb.RUN, "report", ScheduleEdit(paused.rev, job=job))
    assert (result.outcome, result.note) == (Outcome.DONE, f"job {job.id}")
    assert state_of(backend, job.id) is State.PENDING
    after = read(backend)
    assert (after.last_job_id, after.next_at, after.last_slot_at) == (job.id, SLOT, None)


def test_an_act_asked_twice_acts_once(backend: NativeBackend) -> None:
    """An answer that was lost can be asked for again: no second job, no second edit."""
    seen = add(backend)
    for verb in (Verb.RUN, Verb.PAUSE):
        act = Act(verb, "ana")
        answers = [
            backend.schedules.apply_to_schedule(act, "report", ScheduleEdit(seen.rev, job=seen.spec.make_job()))
            for _ in range(2)
        ]
        assert answers[0] == answers[1]
        assert answers[0].outcome is Outcome.DONE
    assert len(select(backend)) == 1
    assert read(backend).rev == seen.rev + 1


def test_a_result_holds_what_was_there(backend: NativeBackend) -> None:
    """What a schedule was before is enough to write it back."""
    seen = add(backend)
    result = do(backend, Verb.UNSCHEDULE, "report", ScheduleEdit(seen.rev))
    assert (result.ref.id, result.rev_after) == ("report", None)
    assert result.before is not None
    assert ScheduleSpec.from_text(json.loads(result.before)["spec"]) == seen.spec
    assert backend.schedules.schedules().schedules == ()


def test_a_declaration_wins_over_an_edit_and_not_over_a_pause(backend: NativeBackend) -> None:
    """What code declares replaces what was edited; a person's pause stays."""
    assert backend.schedules.declare_schedule(spec(), SLOT, None)
    first = read(backend)
    assert (first.declared, first.next_at) == (True, SLOT)
    do(backend, Verb.PAUSE, "report", ScheduleEdit(first.rev))
    do(backend, Verb.SCHEDULE, "report", ScheduleEdit(first.rev + 1, spec(timing=Timing("5 * * * *")), SLOT))
    edited = read(backend)
    assert edited.paused_by == "ana"
    assert backend.schedules.declare_schedule(spec(), SLOT + HOUR, edited.rev)
    after = read(backend)
    assert (after.spec, after.next_at, after.paused_by) == (spec(), SLOT + HOUR, "ana")


def test_a_declaration_over_what_changed_is_not_written(backend: NativeBackend) -> None:
    """Of workers that start together one writes, and none overwrites what it has not seen."""
    assert backend.schedules.declare_schedule(spec(), SLOT, None)
    assert not backend.schedules.declare_schedule(spec(timing=Timing("5 * * * *")), SLOT, None)
    assert read(backend).spec == spec()


def test_many_declare_the_same_at_once(store: Store) -> None:
    """Workers that start at the same moment leave one schedule."""
    backends = [store.open() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda one: one.schedules.declare_schedule(spec(), SLOT, None), backends)) == 1
    assert read(backends[0]).rev == 1


def test_slots_are_pruned_when_they_are_old_only(backend: NativeBackend) -> None:
    """Rows of slots that were made a moment ago stay, whatever the slots' own times are."""
    take(backend, add(backend), 0, 1, 2)
    assert backend.schedules.prune_slots(100) == 0
    do(backend, Verb.SCHEDULE, "report", ScheduleEdit(read(backend).rev, spec(), SLOT))
    assert take(backend, read(backend), 0, 1, 2) == Taken(())


@pytest.mark.parametrize(
    "broken",
    [
        lambda: spec("a\0b"),
        lambda: spec(job=JobPattern("Se\0nd")),
        lambda: spec(job=JobPattern("Send", queue="\ud800")),
    ],
)
def test_what_no_store_can_hold_is_refused(backend: NativeBackend, broken: Callable[[], ScheduleSpec]) -> None:
    """A name that would not come back the same is refused before anything is written."""
    wanted = broken()
    with pytest.raises(BadPayload):
        do(backend, Verb.SCHEDULE, wanted.name, ScheduleEdit(None, wanted, SLOT))
    assert backend.schedules.schedules().schedules == ()


def test_names_are_taken_as_they_are(backend: NativeBackend) -> None:
    """A name with marks of every kind is one name and no pattern."""
    names = sorted(["a:b", "{x}", "%s", "*", "ünï", "'; drop table", "a b"])
    for name in names:
        take(backend, add(backend, name=name), 0)
    assert [one.spec.name for one in backend.schedules.schedules().schedules] == names
    assert len(ids(select(backend))) == len(names)


def test_other_verbs_are_not_done_to_schedules(backend: NativeBackend) -> None:
    """A job's verb is refused."""
    with pytest.raises(Unsupported, match="schedules"):
        do(backend, Verb.RETRY, "report", ScheduleEdit(1))
