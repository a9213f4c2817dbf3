"""`queuetui check`: one line for monitoring plugins."""

from __future__ import annotations

import re

from queuetui.model.job import Ending
from tests.cli.scenes import Scene

FIGURE = re.compile(r"'[^'=|]+'=(U|[\d.e+-]+s?)")


def test_all_well_is_one_line(scene: Scene) -> None:
    """A line with a word, what is there and figures that plugins read; the exit code is 0."""
    scene.job("mail")
    done = scene.run("check")
    assert done.code == 0
    word, _, figures = done.out.rstrip("\n").partition(" | ")
    assert word == "QUEUETUI OK - queues 1, waiting 1, live workers 0"
    assert FIGURE.sub("", figures).strip() == ""


def test_a_warning_is_told_with_its_exit_code(scene: Scene) -> None:
    """What is wrong stands in the line, and the exit code is 1."""
    scene.ended("b", Ending.FAILED)
    done = scene.run("check")
    assert done.code == 1
    assert done.out.startswith("QUEUETUI WARNING - 100% of the jobs of lane-b")
    assert done.out.count("\n") == 1


def test_what_cannot_be_read_is_unknown(scene: Scene) -> None:
    """A store that is not there is neither well nor ill: exit code 3, and the reason in the line."""
    done = scene.run("check", "--url", "redis://127.0.0.1:1/0")
    assert done.code == 3
    assert done.out.startswith("QUEUETUI UNKNOWN - redis://127.0.0.1:1/0")
