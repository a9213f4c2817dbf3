"""What is learned of how long runs take, and what it does to verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from queuetui.backends.native.sql.look.histories import summarise_histogram
from queuetui.model.histories import Durations
from queuetui.model.limits import Limits
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from queuetui.model.text import Untrusted
from queuetui.model.verdict import Code
from queuetui.monitor.diagnosis.explain import explain
from queuetui.monitor.feed import Feed
from queuetui.monitor.learned_limits import raise_limits
from tests.monitor.pictures import facts, running, worker
from tests.monitor.test_feed import LIMITS, Scene


def usual(p99_s: float, runs: int = 214, name: str = "Send") -> Mapping[str, Durations]:
    """Return what is usual of one type."""
    return {name: Durations(Untrusted(name), runs, p99_s / 10, p99_s / 2, p99_s, p99_s)}


@pytest.mark.parametrize(
    ("known", "running_s", "code"),
    [
        (usual(60), 181, Code.SLOW),
        (usual(60), 179, Code.HEALTHY),
        (usual(0.001), 4, Code.HEALTHY),
        (usual(0.001), 6, Code.SLOW),
        (usual(60, runs=49), 181, Code.HEALTHY),
        (usual(60, name="Other"), 181, Code.HEALTHY),
        (usual(60), 301, Code.HUNG),
        ({}, 181, Code.HEALTHY),
    ],
)
def test_a_run_is_slow_by_what_its_type_takes(known: Mapping[str, Durations], running_s: float, code: Code) -> None:
    """Three times what 99 of 100 of its type take, of 50 runs or more; the limit of the profile says more, and slow is not stuck."""
    verdict = explain(running(running_s), replace(facts(worker("mail")), usual=known))
    assert (verdict.code, verdict.stuck) == (code, code is Code.HUNG)
    if code is Code.SLOW:
        assert verdict.next.startswith("look at what it logs: queuetui logs ")
        assert (verdict.evidence["p99_s"], verdict.evidence["runs"]) == (known["Send"].p99_s, 214)
    else:
        told = str(verdict.evidence["judged_by"])
        assert told.startswith("p99") is (code is Code.HUNG or known == usual(60) or known == usual(0.001))
        assert told.startswith("floor only") is not told.startswith("p99")


def test_a_limit_is_raised_by_what_a_type_needs() -> None:
    """Three times its p99 where that is over the floor, from 50 runs on; other types keep the floor."""
    limits = Limits(stuck_after_s=300)
    assert raise_limits(usual(101), limits) == {"Send": 303}
    assert raise_limits(usual(99), limits) == {}
    assert raise_limits(usual(101, runs=49), limits) == {}
    many = {f"Type{number}": usual(1000 + number)["Send"] for number in range(200)}
    assert min(raise_limits(many, limits).values()) == 3 * 1150


def test_a_histogram_gives_the_ends_of_its_steps() -> None:
    """Of 100 runs under 8 ms but for one, half took 8 ms at most, and the longest what its step ends at."""
    found = summarise_histogram("Send", [0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 1])
    assert (found.runs, found.p50_s, found.p99_s, found.longest_s) == (100, 0.008, 0.008, 1.024)
    assert summarise_histogram("Send", [1, 0]).p50_s == 0.001


def test_a_type_that_takes_long_is_not_stuck_where_that_is_known() -> None:
    """What `why` says, what is listed as stuck and what is counted agree on a limit that was learned from 50 runs."""
    scene = Scene()
    for number in range(50):
        scene.enqueue(f"done-{number}")
    scene.run_all(took_s=200)
    scene.enqueue("held")
    scene.claim(lease_s=3600)
    scene.pass_time(400)
    feed = Feed(scene.backend, LIMITS)
    assert feed.open("held").verdict.code is Code.HEALTHY
    assert list(feed.search(parse_query("is:stuck"), 10)) == []
    assert feed.poll(Watch()).snapshot.stuck.value == 0
    scene.pass_time(250)
    assert feed.open("held").verdict.code is Code.HUNG
    assert [job.ref.id for job, _ in feed.search(parse_query("is:stuck"), 10)] == ["held"]
