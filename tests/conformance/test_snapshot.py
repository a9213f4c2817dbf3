"""Snapshots: one picture whose parts agree with each other and with the jobs."""

from __future__ import annotations

from collections import Counter

import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import COUNT_CAP
from queuetui.model.alarm_limits import AlarmLimits
from queuetui.model.job import Ending
from queuetui.model.limits import Limits
from queuetui.model.measured import Exactness
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.rates import TallyMinute
from queuetui.model.snapshot import Part
from queuetui.model.state import State
from queuetui.model.stats import describe_stats
from tests.conformance.population import populate
from tests.conformance.scenes import (
    add,
    add_one,
    card,
    claim_and_vanish,
    ids,
    new_job,
    run,
    select,
    snapshot,
    store_now,
)


def test_counts_equal_the_population(backend: NativeBackend) -> None:
    """Counts by state and in all are those of the jobs themselves, over all queues and per queue."""
    populate(backend)
    jobs = select(backend)
    picture = snapshot(backend)
    counts = {state: count.value for state, count in picture.counts.items()}
    assert counts == dict.fromkeys(backend.inspector.capabilities.keeps, 0) | Counter(job.state for job in jobs)
    assert picture.total.value == len(jobs)
    assert picture.total.exactness in {Exactness.EXACT, Exactness.CACHED}
    per_queue = {
        (queue.name.raw, state): n.value for queue in picture.queues for state, n in queue.counts.items() if n.value
    }
    assert per_queue == Counter((job.queue.raw, job.state) for job in jobs)


def test_stuck_counts_equal_the_stuck_jobs(backend: NativeBackend) -> None:
    """The stuck figures are the number of jobs that `is:stuck` finds, over all queues and per queue."""
    populate(backend)
    stuck = Counter(job.queue.raw for job in select(backend, "is:stuck"))
    picture = snapshot(backend)
    assert picture.stuck.value == stuck.total() > 0
    assert {queue.name.raw: queue.stuck.value for queue in picture.queues if queue.stuck.value} == dict(stuck)


def test_counts_are_capped_and_exact_on_demand(backend: NativeBackend) -> None:
    """Past the cap a count may say "at least", never when the exact number is asked for or an alarm depends on it."""
    for _ in range(4):
        add(backend, 2_501)
    capped = snapshot(backend).counts[State.PENDING]
    assert (capped.value, capped.exactness) in {(COUNT_CAP, Exactness.CAPPED), (10_004, Exactness.EXACT)}
    told = snapshot(backend, limits=Limits(alarms=AlarmLimits(depth=10_003))).counts[State.PENDING]
    assert told.value == 10_004
    exact = snapshot(backend, exact=True).counts[State.PENDING]
    assert (exact.value, exact.exactness) == (10_004, Exactness.EXACT)


def test_an_empty_store_has_zeros(backend: NativeBackend) -> None:
    """With no jobs every count is zero, which is not absent, and there is no average."""
    picture = snapshot(backend)
    assert {count.value for count in picture.counts.values()} == {0}
    assert (picture.total.value, picture.stuck.value, picture.average_s.value) == (0, 0, None)
    assert (picture.queues, picture.workers, picture.failures, picture.page) == ((), (), (), None)


def test_only_what_was_asked_for_is_there(backend: NativeBackend) -> None:
    """A part not asked for is empty, and a page comes when asked for."""
    add(backend)
    run(backend, Ending.FAILED)
    backend.jobs.register(card())
    bare = snapshot(backend, parts=frozenset())
    assert (bare.counts, bare.queues, bare.workers, bare.tally, bare.failures, bare.page) == ({}, (), (), (), (), None)
    workers = snapshot(backend, parts=frozenset({Part.WORKERS}))
    assert (len(workers.workers), workers.queues, workers.failures) == (1, (), ())
    paged = snapshot(backend, parts=frozenset(), page=PageRequest(parse_query("state:failed")))
    assert paged.page is not None
    assert len(paged.page.jobs) == 1


def test_a_picture_names_its_backend_and_time(backend: NativeBackend) -> None:
    """A picture is of the backend's name and the store's clock, which goes on."""
    first = snapshot(backend)
    assert first.backend == "shop"
    assert first.now <= store_now(backend)


def test_the_tally_adds_up(backend: NativeBackend) -> None:
    """What happened is counted by the minute: enqueued, started, each kind of ending, losses and busy time."""
    add(backend, 9)
    for how in (Ending.COMPLETED, Ending.COMPLETED, Ending.FAILED, Ending.RETRY, Ending.RELEASED):
        run(backend, how, duration_s=None if how is Ending.RELEASED else 1.5, delay_s=3600)
    claim_and_vanish(backend, 2)
    backend.jobs.sweep(10)
    minutes = snapshot(backend).tally
    expected = {"enqueued": 9, "started": 7, "completed": 2, "failed": 1, "retried": 1, "lost": 2}
    assert {name: total(minutes, name) for name in expected} == expected
    assert total(minutes, "busy_s") == pytest.approx(6.0, abs=0.001)
    assert all(minute.minute.second == minute.minute.microsecond == 0 for minute in minutes)
    assert [minute.minute for minute in minutes] == sorted({minute.minute for minute in minutes})


def test_a_duplicate_is_not_tallied(backend: NativeBackend) -> None:
    """Only jobs that were stored count as enqueued."""
    add(backend, idempotency_key="k")
    backend.jobs.enqueue([new_job(idempotency_key="k")])
    assert total(snapshot(backend).tally, "enqueued") == 1


def test_the_average_is_of_all_runs(backend: NativeBackend) -> None:
    """The average is the busy time by the number of runs that came to an end, in all and of late in a queue."""
    add(backend, 2)
    run(backend, duration_s=1.0)
    run(backend, Ending.FAILED, duration_s=3.0)
    found = snapshot(backend)
    assert found.average_s.value == pytest.approx(2.0)
    (recent,) = [queue.recent for queue in found.queues]
    assert recent is not None
    assert (recent.completed, recent.failed, recent.runs) == (1, 1, 2)
    assert recent.error_rate == 0.5
    assert recent.average_s == pytest.approx(2.0, abs=0.001)


def test_the_latest_dead_letters_are_shown(backend: NativeBackend) -> None:
    """Failures are the failed jobs, the latest first, no more than asked, each with its error."""
    failed = []
    for _ in range(4):
        failed.append(add_one(backend))
        run(backend, Ending.FAILED)
    add(backend)
    run(backend)
    shown = snapshot(backend, failures=3).failures
    assert ids(list(shown)) == failed[:0:-1]
    assert all(job.error is not None and job.error.message.raw == "no such shop" for job in shown)


def test_programs_read_the_same_figures(backend: NativeBackend) -> None:
    """The figures for programs are those of the picture, each state once, pending without the put-off ones."""
    populate(backend)
    figures = describe_stats(snapshot(backend))
    jobs = Counter(job.state.value for job in select(backend))
    assert {name: figures[name] for name in jobs} == jobs
    assert figures["total"] == jobs.total()
    assert figures["stuck"] == len(select(backend, "is:stuck"))
    assert set(figures["queues"]) == {job.queue.raw for job in select(backend)}


def total(minutes: tuple[TallyMinute, ...], name: str) -> float:
    """Return the sum of one figure over all minutes."""
    return float(sum(getattr(minute, name) for minute in minutes))
