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


def test_what_is_not_known_is_no_figure(scene: Scene) -> None:
    """Where nothing has run there is no rate and no average: plugins write U for that, never zero."""
    scene.job("mail")
    figures = dict(re.findall(r"'([^']+)'=(\S+)", scene.run("check").out))
    assert (figures["error_rate"], figures["average"]) == ("U", "U")
    scene.ended("b", Ending.COMPLETED)
    figures = dict(re.findall(r"'([^']+)'=(\S+)", scene.run("check").out))
    assert (figures["error_rate"], figures["average"], figures["lane-b oldest"]) == ("0", "0.25s", "0s")


def test_a_paused_queue_is_told(scene: Scene) -> None:
    """Nothing is wrong with it, and it is named all the same; `health` tells it in a column of its own."""
    scene.job("mail")
    scene.job("sync", "sync")
    assert scene.run("pause", "mail").code == 0
    assert scene.run("check").out.startswith("QUEUETUI OK - queues 2, waiting 2, live workers 0, paused mail |")
    told = scene.run("health", "--json").data["queues"]
    assert (told["mail"]["paused"], told["sync"]["paused"]) == (True, False)
    rows = [line.split() for line in scene.run("health").out.splitlines()]
    assert [(row[0], row[-1]) for row in rows if row and row[0] in {"mail", "sync"}] == [
        ("mail", "yes"),
        ("sync", "no"),
    ]
