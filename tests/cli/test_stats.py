"""The figures that scripts and checks rely on."""

from __future__ import annotations

from queuetui.model.job import Ending
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene

STATES = ["pending", "scheduled", "processing", "retrying", "completed", "failed", "cancelled"]
FIGURES = {*STATES, "stuck", "total", "average_seconds"}


@EVERY_STORE
def test_stats_count_each_job_once(busy: Scene) -> None:
    """Every state counts its own jobs, the total is their sum, and stuck counts across states."""
    figures = busy.run("stats", "--json").data
    assert figures.keys() >= FIGURES
    assert {state: figures[state] for state in STATES} == {
        "pending": 2,
        "scheduled": 1,
        "processing": 2,
        "retrying": 1,
        "completed": 2,
        "failed": 1,
        "cancelled": 1,
    }
    assert figures["total"] == len(busy.ids)
    assert figures["stuck"] == 1
    assert figures["exactness"] == {}


def test_stats_count_every_queue_the_same_way(busy: Scene) -> None:
    """Each queue has the same figures, and they add up to those over all."""
    figures = busy.run("stats", "--json").data
    queues = figures["queues"]
    assert all(queue.keys() >= FIGURES for queue in queues.values())
    for key in (*STATES, "stuck", "total"):
        assert sum(queue[key] for queue in queues.values()) == figures[key], key
    assert (queues["mail"]["pending"], queues["mail"]["scheduled"], queues["mail"]["total"]) == (2, 1, 3)


def test_the_average_is_of_what_ran(scene: Scene) -> None:
    """The average run is in seconds, and null while nothing has run."""
    scene.job("a")
    assert scene.run("stats", "--json").data["average_seconds"] is None
    scene.ended("b", Ending.COMPLETED)
    figures = scene.run("stats", "--json").data
    assert abs(figures["average_seconds"] - 0.25) < 0.01
    assert abs(figures["queues"]["lane-b"]["average_seconds"] - 0.25) < 0.01


def test_stats_as_a_table_end_with_all(busy: Scene) -> None:
    """The table has a line a queue, then the sum, then what the average is of; CSV says of each line how exact it is."""
    lines = busy.run("stats").out.splitlines()
    assert lines[0].split()[:3] == ["queue", "pending", "scheduled"]
    assert lines[-2].split()[0] == "(all)"
    assert lines[-1] == "average_seconds: handler runs that ended in the last 60 minutes"
    rows = busy.run("stats", "--format", "csv").rows
    assert rows[-1]["queue"] == "(all)"
    assert (rows[-1]["total"], rows[-1]["exactness"]) == (str(len(busy.ids)), "")


def test_exact_counts_are_the_same_when_few(busy: Scene) -> None:
    """Lifting the caps changes nothing on a small store."""
    capped, exact = busy.run("stats", "--json").data, busy.run("stats", "--json", "--exact").data
    assert {key: exact[key] for key in STATES} == {key: capped[key] for key in STATES}


def test_stats_name_the_grade(scene: Scene) -> None:
    """The durability grade of the store stands beside the figures, with what is wrong with the store as a whole."""
    figures = scene.run("stats", "--json").data
    assert (figures["durability"], figures["findings"]) == (scene.backend.inspector.capabilities.durability, [])
