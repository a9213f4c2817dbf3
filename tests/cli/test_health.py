"""`queuetui health`: how well the queues run."""

from __future__ import annotations

from queuetui.model.job import Ending
from tests.cli.scenes import Scene


def test_health_is_told_of_every_queue(scene: Scene) -> None:
    """What ended is counted in its queue and in all, as JSON and in the table; what to do next is whole in both."""
    scene.job("mail")
    scene.ended("b", Ending.COMPLETED)
    scene.ended("c", Ending.FAILED)
    health = scene.run("health", "--json").data
    assert health["processingStats"]["totalJobsProcessed"] == 2
    assert health["processingStats"]["errorRate"] == 0.5
    assert (health["queues"]["lane-b"]["errorRate"], health["queues"]["lane-c"]["errorRate"]) == (0.0, 1.0)
    assert health["queues"]["lane-b"]["depth"] == 0
    lines = scene.run("health").out.splitlines()
    assert health["findings"]
    assert all(any(line.endswith(one["next"]) for line in lines) for one in health["findings"])
    assert lines[0].split()[0] == health["status"]
    assert [line.split()[0] for line in lines if line.startswith("lane-")] == ["lane-b", "lane-c"]
