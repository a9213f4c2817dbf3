"""What a person does to the native queue."""

from __future__ import annotations

import base64
import json
import threading
from typing import Any

import pytest

from queuetui.backends.native.sql.act.operator import SqlOperator
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.inspector import SqlInspector
from queuetui.backends.native.sql.look.tables import act as act_table
from queuetui.backends.native.sql.look.tables import act_row, worker
from queuetui.model.act import Act, JobRef, Outcome, Result, Target, Verb
from queuetui.model.clock import to_text
from queuetui.model.errors import Unsupported
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.snapshot import Watch
from queuetui.model.state import MOVES, State
from tests.backends.native.seeds import Seed, attempt, job, job_blob, job_done, job_key, payload

KEPT = [state for state in State if state is not State.BLOCKED]
MAY_DO: dict[Verb, dict[State | None, State | None]] = {
    verb: {move.source: move.target for move in MOVES if move.verb == verb.value and move.by == "person"}
    for verb in (Verb.RETRY, Verb.CANCEL, Verb.RELEASE)
}
MAY_DO[Verb.CANCEL][State.PROCESSING] = State.PROCESSING
MAY_DO[Verb.DELETE] = {state: None for state in KEPT if state is not State.PROCESSING}


def see(database: Database, job_id: str) -> Job:
    """Return a job as it stands."""
    return SqlInspector(database).get(job_id)


def do(database: Database, verb: Verb, *ids: str, act: Act | None = None) -> tuple[Result, ...]:
    """Do an act to jobs as they stand."""
    refs = [see(database, job_id).ref for job_id in ids]
    return SqlOperator(database, lambda: None).apply(
        act or Act(verb, "ann", "a reason"), list(map(Target, refs)), Limits()
    )


@pytest.mark.parametrize("verb", list(MAY_DO))
def test_each_act_follows_the_table_of_moves(database: Database, seed: Seed, verb: Verb) -> None:
    """An act does to each state what the lifecycle allows, and skips the others saying why."""
    made = dict(
        zip(KEPT, seed.jobs(*({"state": state, "claimed_at": seed.now, "fence": 4} for state in KEPT)), strict=True)
    )
    before = {state: see(database, job_id) for state, job_id in made.items()}
    results = dict(zip(KEPT, do(database, verb, *made.values()), strict=True))
    for state, result in results.items():
        if state not in MAY_DO[verb]:
            assert (result.outcome, result.state_now) == (Outcome.SKIPPED, state)
            assert result.note
            assert see(database, made[state]) == before[state]
            continue
        target = MAY_DO[verb][state]
        assert (result.outcome, result.state_now) == (Outcome.DONE, target)
        if target is None:
            assert SqlInspector(database).find(made[state]).refs == ()
        else:
            now = see(database, made[state])
            assert (now.state, now.ref.rev) == (target, result.rev_after)
            assert int(now.ref.rev) == int(before[state].ref.rev) + 1


@pytest.mark.parametrize("state", [State.FAILED, State.COMPLETED, State.CANCELLED])
def test_a_retried_job_begins_again_under_its_own_id(database: Database, seed: Seed, state: State) -> None:
    """Retry brings a final job back with its id, fence and losses; attempts begin again and it is due now."""
    made = seed.job(
        state=state,
        attempts=3,
        lost=2,
        lost_alone=2,
        fence=7,
        rev=9,
        worker_id="w",
        started_at=seed.ago(9),
        claimed_at=seed.ago(9),
        due_at=seed.ago(99),
        cancel_requested_at=seed.now,
        result=b"1",
        error_class="E",
        priority=3,
        tags=["x"],
        payload=payload(a=1),
    )
    do(database, Verb.RETRY, made)
    now = see(database, made)
    assert (now.state, now.attempts, now.lost, now.ref.rev, now.priority) == (State.PENDING, 0, 2, "10", 3)
    assert (now.result, now.worker, now.started_at, now.completed_at, now.cancel_requested_at) == (None,) * 5
    assert now.scheduled_at is not None
    assert now.scheduled_at > seed.ago(60)
    assert now.payload.raw == '{"a": 1}'
    assert now.error is not None
    assert seed.count(job, id=made, fence=7, lost_alone=0) == 1
    assert seed.count(job_done) == 0


def test_a_stale_ref_changes_nothing(database: Database, seed: Seed) -> None:
    """An act on a job that moved on since it was seen is skipped and says what the job is now."""
    made = seed.job(state=State.FAILED)
    seen = see(database, made).ref
    do(database, Verb.RETRY, made)
    operator = SqlOperator(database, lambda: None)
    for ref in (seen, JobRef("here", made, "nonsense")):
        (result,) = operator.apply(Act(Verb.DELETE, "ann"), [Target(ref)], Limits())
        assert (result.outcome, result.state_now) == (Outcome.SKIPPED, State.PENDING)
    gone = [JobRef("here", "00000000-0000-0000-0000-000000000000", "1"), JobRef("here", "non\0sense", "1")]
    for result in operator.apply(Act(Verb.DELETE, "ann"), list(map(Target, gone)), Limits()):
        assert (result.outcome, result.state_now) == (Outcome.SKIPPED, None)


def test_an_act_asked_twice_acts_once(database: Database, seed: Seed) -> None:
    """The same act id gives the same answers again and changes nothing further."""
    made = seed.jobs({"state": State.FAILED}, {"state": State.FAILED}, {"state": State.PENDING})
    refs = [see(database, job_id).ref for job_id in made]
    act = Act(Verb.RETRY, "ann", "why", "state:failed")
    operator = SqlOperator(database, lambda: None)
    first = operator.apply(act, [*map(Target, refs), Target(refs[0])], Limits())
    assert [result.outcome for result in first] == [Outcome.DONE, Outcome.DONE, Outcome.SKIPPED, Outcome.DONE]
    assert operator.apply(act, [*map(Target, refs), Target(refs[0])], Limits()) == first
    assert see(database, made[0]).ref.rev == "2"
    assert seed.count(act_table) == 1
    assert seed.count(act_row) == 3


def test_two_people_retry_the_same_jobs_once(database: Database, seed: Seed) -> None:
    """Of two acts on the same jobs at the same moment each job is done by exactly one."""
    made = seed.jobs(*({"state": State.FAILED} for _ in range(230)))
    seen = {job.ref.id: job.ref for job in (see(database, job_id) for job_id in made)}
    results: list[tuple[Result, ...]] = []
    start = threading.Barrier(2)

    def act(order: list[str]) -> None:
        start.wait(60)
        refs = [seen[job_id] for job_id in order]
        results.append(
            SqlOperator(database, lambda: None).apply(Act(Verb.RETRY, "ann"), list(map(Target, refs)), Limits())
        )

    threads = [threading.Thread(target=act, args=(order,)) for order in (made, made[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    done = [result.ref.id for one in results for result in one if result.outcome is Outcome.DONE]
    assert sorted(done) == sorted(made)
    assert seed.count(job, rev=2) == 230


def test_before_is_enough_to_write_a_job_back(database: Database, seed: Seed) -> None:
    """What is deleted is answered whole: columns, payload wherever it stood, attempts."""
    large = payload(text="é" * 9000)
    made = seed.job(
        state=State.FAILED, payload=None, blob=True, result=b"\x00\xff", tags=["a"], error_class="E", priority=-2
    )
    small = seed.job(payload=b"\xff{", key="once")
    seed.rows(job_blob, {"id": made, "payload": large})
    seed.rows(attempt, {"job_id": made, "fence": 1, "outcome": "failed", "ended_at": seed.now})
    first, second = do(database, Verb.DELETE, made, small)
    assert first.before is not None
    assert second.before is not None
    whole = json.loads(first.before)
    row = whole["row"]
    assert (whole["table"], row["id"], row["state"], row["tags"], row["priority"]) == (
        "done",
        made,
        "failed",
        ["a"],
        -2,
    )
    assert row["created_at"] == to_text(seed.now)
    assert base64.b64decode(row["result"]) == b"\x00\xff"
    assert base64.b64decode(whole["blob"]) == large
    assert [one["outcome"] for one in whole["attempts"]] == ["failed"]
    other = json.loads(second.before)
    assert (other["table"], base64.b64decode(other["row"]["payload"])) == ("live", b"\xff{")
    assert (seed.count(job_blob), seed.count(attempt), seed.count(job), seed.count(job_done)) == (0, 0, 0, 0)


def test_a_job_that_is_held_is_not_released(database: Database, seed: Seed) -> None:
    """Release waits for the lease to be over; then the job is pending again and the loss is counted and kept."""
    live, over = seed.lease("w1", "mail", 30), seed.lease("w2", "mail", -1)
    run: dict[str, Any] = {"state": State.PROCESSING, "claimed_at": seed.ago(9), "worker_id": "w2", "fence": 3}
    held, expired, missing, asked = seed.jobs(
        {**run, "lease_id": live},
        {**run, "lease_id": over, "claimed_alone": True},
        run,
        {**run, "cancel_requested_at": seed.now},
    )
    results = do(database, Verb.RELEASE, held, expired, missing, asked)
    assert [result.outcome for result in results] == [Outcome.SKIPPED, *[Outcome.DONE] * 3]
    assert see(database, held).state is State.PROCESSING
    freed = see(database, expired)
    assert (freed.state, freed.lost, freed.attempts, freed.worker) == (State.PENDING, 1, 0, None)
    assert seed.count(job, id=expired, lost_alone=1) == 1
    assert [one.outcome for one in SqlInspector(database).attempts(expired)] == ["lost"]
    assert (see(database, missing).state, results[3].state_now) == (State.PENDING, State.CANCELLED)
    assert see(database, asked).state is State.CANCELLED


def test_keys_follow_their_jobs(database: Database, seed: Seed) -> None:
    """A key starts to expire when its job is cancelled, stops when it is retried, and goes with a deleted one that never completed."""
    cancelled, deleted = seed.jobs({"key": "a"}, {"key": "b"})
    seed.rows(job_key, {"key": "a", "job_id": cancelled}, {"key": "b", "job_id": deleted})
    do(database, Verb.CANCEL, cancelled)
    do(database, Verb.DELETE, deleted)
    assert seed.count(job_key, expires_at=None) == 0
    do(database, Verb.RETRY, cancelled)
    assert seed.count(job_key, key="a", expires_at=None) == 1
    assert seed.count(job_key, key="b") == 0


def test_a_queue_is_paused_and_resumed_once(database: Database, seed: Seed) -> None:
    """Pausing says who and when; doing it again is skipped, asking the same act again answers the same."""
    seed.job()
    operator = SqlOperator(database, lambda: None)
    pause, again, resume = Act(Verb.PAUSE, "ann"), Act(Verb.PAUSE, "bob"), Act(Verb.RESUME, "bob")
    first = operator.apply_to_queue(pause, "mail")
    assert (first.outcome, first.ref.id) == (Outcome.DONE, "mail")
    assert operator.apply_to_queue(again, "mail").outcome is Outcome.SKIPPED
    (queue,) = SqlInspector(database).snapshot(Watch()).queues
    assert queue.paused_at is not None
    assert queue.paused_by is not None
    assert queue.paused_by.raw == "ann"
    assert operator.apply_to_queue(resume, "mail").outcome is Outcome.DONE
    assert operator.apply_to_queue(pause, "mail") == first
    (queue,) = SqlInspector(database).snapshot(Watch()).queues
    assert queue.paused_at is None
    assert operator.apply_to_queue(Act(Verb.RESUME, "ann"), "none").outcome is Outcome.SKIPPED


def test_silent_workers_are_cleaned_once(database: Database, seed: Seed) -> None:
    """Only workers silent for longer go, and the same act again answers the same number."""
    seed.worker("live", ["mail"])
    seed.worker("silent", ["mail"], silent_s=600)
    seed.worker("dead", ["mail"], silent_s=6000)
    act = Act(Verb.CLEAN, "ann")
    operator = SqlOperator(database, lambda: None)
    assert operator.clean_workers(act, 300) == 2
    seed.worker("late", ["mail"], silent_s=600)
    assert operator.clean_workers(act, 300) == 2
    assert seed.count(worker) == 2


def test_an_act_must_fit_what_it_is_done_to(database: Database) -> None:
    """Jobs are not paused and queues are not retried."""
    operator = SqlOperator(database, lambda: None)
    with pytest.raises(Unsupported):
        operator.apply(Act(Verb.PAUSE, "ann"), [], Limits())
    with pytest.raises(Unsupported):
        operator.apply_to_queue(Act(Verb.RETRY, "ann"), "mail")
