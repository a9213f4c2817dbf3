"""Sums over what was, on every store of ours."""

from __future__ import annotations

from dataclasses import replace

from queuetui.backends.backend import NativeBackend
from queuetui.model.histories import By, filter_of
from queuetui.model.job import Ending, RunError
from queuetui.model.measured import Exactness
from tests.conformance.scenes import add_one, ids, run, select

HOUR_S = 3600.0


def _end(backend: NativeBackend, ending: Ending, message: str = "") -> str:
    add_one(backend, queue="mail")
    changes = {"error": RunError("TimeoutError", message)} if message else {}
    return run(backend, ending, "mail", **changes).id


def test_what_was_done_is_told_by_queue_and_type(backend: NativeBackend) -> None:
    """Completed and failed jobs of the span are counted, their run times told, and dead letters that differ in a number are alike."""
    for _ in range(3):
        _end(backend, Ending.COMPLETED)
    _end(backend, Ending.FAILED, "no answer after 31 s")
    last = _end(backend, Ending.FAILED, "no answer after 2 s")
    done = backend.histories.tallies(HOUR_S, By.QUEUE)
    assert done.exactness is Exactness.EXACT
    assert [(one.name.raw, one.completed, one.failed) for one in done.value or ()] == [("mail", 3, 2)]
    (spans,) = backend.histories.durations(HOUR_S, By.TYPE).value or ()
    assert (spans.name.raw, spans.runs) == ("Send", 3)
    assert 0 <= spans.p50_s <= spans.p95_s <= spans.p99_s <= spans.longest_s
    (group,) = backend.histories.failure_groups(HOUR_S).value or ()
    assert (group.type.raw, group.error_class.raw, group.jobs, group.sample_id) == ("Send", "TimeoutError", 2, last)
    assert (len(group.recent), group.recent[-1], sum(group.recent)) == (12, 2, 2)


def test_what_runs_usually_take_is_told_by_type(backend: NativeBackend) -> None:
    """Of a histogram or of the newest runs: how many there were, and percentiles that rise."""
    for _ in range(3):
        _end(backend, Ending.COMPLETED)
    (usual,) = backend.histories.usual_runs(HOUR_S).value or ()
    assert (usual.name.raw, usual.runs) == ("Send", 3)
    assert 0 <= usual.p50_s <= usual.p95_s <= usual.p99_s <= usual.longest_s < 60


def test_the_filter_of_a_group_finds_its_jobs(backend: NativeBackend) -> None:
    """It finds the dead letters of one error and of the span alone; so does that of the jobs without an error."""
    alike = [_end(backend, Ending.FAILED, f"no answer after {seconds} s") for seconds in (31, 2)]
    _end(backend, Ending.FAILED, "refused")
    _end(backend, Ending.FAILED)
    add_one(backend, queue="mail")
    run(backend, Ending.FAILED, "mail", error=None)
    groups = backend.histories.failure_groups(HOUR_S).value or ()
    assert sorted(group.jobs for group in groups) == [1, 1, 1, 2]
    largest = groups[0]
    assert sorted(ids(select(backend, filter_of(largest)))) == sorted(alike)
    for group in groups[1:]:
        assert ids(select(backend, filter_of(group))) == [group.sample_id]
    outside = replace(largest, bound="completed>=2999-01-01T00:00:00Z")
    assert largest.bound.startswith("completed>=")
    assert ids(select(backend, filter_of(outside))) == []


def test_a_queue_knows_itself_again(backend: NativeBackend) -> None:
    """Asked twice a store calls itself the same."""
    assert backend.inspector.identity() == backend.inspector.identity()
    assert backend.inspector.identity().text
