"""Pausing and resuming queues, and what is told of each."""

from __future__ import annotations

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Outcome, Verb
from queuetui.model.job import Ending
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import State
from tests.conformance.scenes import (
    act_done,
    add,
    add_one,
    card,
    claim,
    claim_one,
    new_job,
    pause,
    run,
    settle,
    snapshot,
    store_now,
)
from tests.conformance.stores import KEPT_BRIEFLY, Store
from tests.waiting import wait_until


def queue_of(backend: NativeBackend, name: str = "default") -> QueueInfo:
    """Return what is told of a queue."""
    return next(queue for queue in snapshot(backend).queues if queue.name.raw == name)


def resume(backend: NativeBackend, queue: str = "default") -> Act:
    """Resume a queue and return the act."""
    act = Act(Verb.RESUME, "ana")
    assert backend.operator.apply_to_queue(act, queue).outcome is Outcome.DONE
    return act


def test_a_pause_is_told_with_its_author(backend: NativeBackend) -> None:
    """A paused queue says since when and by whom; resumed it says neither."""
    add(backend)
    before = store_now(backend)
    result = pause(backend)
    assert (result.outcome, result.ref.id) == (Outcome.DONE, "default")
    queue = queue_of(backend)
    assert queue.paused_at is not None
    assert before <= queue.paused_at <= store_now(backend)
    assert queue.paused_by is not None
    assert queue.paused_by.raw == "ana"
    resume(backend)
    assert (queue_of(backend).paused_at, queue_of(backend).paused_by) == (None, None)


def test_a_paused_queue_takes_jobs_and_endings(backend: NativeBackend) -> None:
    """A pause stops claims alone: jobs come in and runs end as ever."""
    add(backend)
    lease, claimed = claim_one(backend)
    pause(backend)
    add(backend)
    assert settle(backend, lease, claimed, Ending.COMPLETED)
    assert backend.jobs.step(lease.id, [], 5).claimed == ()
    assert backend.jobs.queues_ready(None) == ()


def test_a_pause_leaves_other_queues_alone(backend: NativeBackend) -> None:
    """Only the queue named is paused."""
    add(backend, queue="mail")
    pause(backend)
    assert len(claim(backend, 1, "mail")[1]) == 1


def test_a_queue_without_jobs_may_be_paused(backend: NativeBackend) -> None:
    """A queue can be paused before its first job comes, and is shown from then on."""
    pause(backend, "import")
    add(backend, queue="import")
    assert claim(backend, 1, "import")[1] == ()
    assert queue_of(backend, "import").paused_at is not None


def test_pausing_twice_is_skipped(backend: NativeBackend) -> None:
    """A second pause and a second resume change nothing and say so."""
    assert [pause(backend).outcome for _ in range(2)] == [Outcome.DONE, Outcome.SKIPPED]
    paused_at = queue_of(backend).paused_at
    pause(backend)
    assert queue_of(backend).paused_at == paused_at
    resume(backend)
    again = backend.operator.apply_to_queue(Act(Verb.RESUME, "ana"), "default")
    assert again.outcome is Outcome.SKIPPED
    assert again.note


def test_a_pause_asked_twice_acts_once(backend: NativeBackend) -> None:
    """The same act sent again after a resume does not pause again."""
    act = Act(Verb.PAUSE, "ana")
    first = backend.operator.apply_to_queue(act, "default")
    resume(backend)
    assert backend.operator.apply_to_queue(act, "default") == first
    add(backend)
    assert len(claim(backend)[1]) == 1


def test_counts_of_a_queue_are_its_own(backend: NativeBackend) -> None:
    """Each queue counts its own jobs in every state that is kept."""
    add(backend, 2, queue="mail")
    add(backend, 3, queue="import")
    run(backend, Ending.FAILED, queue="mail")
    add(backend, queue="mail", delay_s=3600)
    counts = {state: count.value for state, count in queue_of(backend, "mail").counts.items()}
    expected = dict.fromkeys(backend.inspector.capabilities.keeps, 0)
    assert counts == {**expected, State.PENDING: 1, State.FAILED: 1, State.SCHEDULED: 1}
    assert queue_of(backend, "import").counts[State.PENDING].value == 3


def test_the_oldest_due_job_is_told(backend: NativeBackend) -> None:
    """A queue tells since when its longest-due job waits."""
    first = add_one(backend, priority=-5)
    add(backend, 2, priority=5)
    add(backend, delay_s=3600)
    assert queue_of(backend).oldest_due_at == backend.inspector.get(first).scheduled_at
    act_done(backend, Verb.CANCEL, first)
    later = queue_of(backend).oldest_due_at
    assert later is not None
    cancelled = backend.inspector.get(first).scheduled_at
    assert cancelled is not None
    assert later > cancelled


def test_a_queue_with_nothing_due_has_no_oldest(backend: NativeBackend) -> None:
    """What was put off is due from its time on, though no worker has made it pending yet."""
    add(backend, 2, delay_s=3600)
    add(backend)
    run(backend, Ending.RETRY, delay_s=3600)
    assert queue_of(backend).oldest_due_at is None
    scheduled = add_one(backend, delay_s=0.01)
    wait_until(lambda: queue_of(backend).oldest_due_at == backend.inspector.get(scheduled).scheduled_at)
    act_done(backend, Verb.CANCEL, scheduled)
    retrying = add_one(backend)
    run(backend, Ending.RETRY, delay_s=0)
    wait_until(lambda: queue_of(backend).oldest_due_at == backend.inspector.get(retrying).scheduled_at)
    assert backend.inspector.get(retrying).state is State.RETRYING


@pytest.mark.parametrize(("queues", "consumers"), [(("default",), 1), (("mail", "default"), 1), ((), 1), (("x",), 0)])
def test_live_listeners_are_counted(backend: NativeBackend, queues: tuple[str, ...], consumers: int) -> None:
    """A queue counts the live workers that listen to it or to every queue."""
    add(backend)
    backend.jobs.register(card("w1", *queues))
    assert queue_of(backend).consumers == consumers


def test_the_average_of_a_queue_is_told(backend: NativeBackend) -> None:
    """A queue tells how long its runs take on average, nothing before the first."""
    add(backend, 2)
    assert queue_of(backend).average_s is None
    run(backend, duration_s=2.0)
    run(backend, duration_s=4.0)
    assert queue_of(backend).average_s == pytest.approx(3.0)


def test_no_queue_is_left_out_among_many(backend: NativeBackend) -> None:
    """Where there are more queues than one look goes over, the next looks find the others."""
    backend.jobs.enqueue([new_job(queue=f"a{number:04}", delay_s=3600) for number in range(1_100)])
    add(backend, queue="z")
    wait_until(lambda: backend.jobs.queues_ready(None) == ("z",))


def test_old_jobs_of_no_queue_are_kept_for_ever(store: Store) -> None:
    """Where there are more queues than one prune goes over, the next prunes reach the others."""
    backend = store.open(KEPT_BRIEFLY)
    backend.jobs.enqueue([new_job(queue=f"a{number:04}", delay_s=3600) for number in range(1_100)])
    add(backend, queue="z")
    lease, claimed = claim_one(backend, queue="z")
    assert settle(backend, lease, claimed, Ending.COMPLETED)
    wait_until(lambda: backend.jobs.prune(100) > 0)
