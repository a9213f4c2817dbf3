"""`queuetui failures`: dead letters by type and error."""

from __future__ import annotations

import shlex

from queuetui.model.job import Ending
from tests.cli.conftest import EVERY_STORE
from tests.cli.scenes import Scene


def _failed(scene: Scene, key: str, message: str) -> None:
    scene.ended(key, Ending.FAILED, message=message)


@EVERY_STORE
def test_alike_failures_are_one_group(scene: Scene) -> None:
    """Messages that differ in numbers alone are one group; its filter and its commands find its jobs."""
    _failed(scene, "a", "no answer after 31 s")
    _failed(scene, "b", "no answer after 2 s")
    _failed(scene, "c", "refused")
    groups = scene.run("failures", "--json").data
    assert [group["jobs"] for group in groups] == [2, 1]
    found = scene.run("jobs", *shlex.split(groups[0]["filter"]), "--json").data
    assert sorted(job["id"] for job in found) == sorted([scene.ids["a"], scene.ids["b"]])
    shown = scene.run("failures", "show", groups[0]["fingerprint"][:8])
    assert "Traceback: here" in shown.out
    kind, bound = groups[0]["filter"].split(" completed>=")
    assert f"queuetui retry '{kind} completed>={bound[:10]}" in shown.out
    lines = scene.run("failures").out.splitlines()
    assert lines[1].split()[:2] == [groups[0]["fingerprint"], "2"]


def test_a_fingerprint_that_nothing_has_is_not_found(scene: Scene) -> None:
    """The refusal names the command that lists the groups; an empty one, as of a shell's unset variable, is none."""
    _failed(scene, "a", "refused")
    for asked in ("zzzz", ""):
        missing = scene.run("failures", "show", asked)
        assert missing.code == 4
        assert "queuetui failures" in missing.err
