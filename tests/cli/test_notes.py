"""What runs told, as `logs`, `show` and `stats` print it."""

from __future__ import annotations

import json

import pytest

from queuetui.model.job import Ending, Settlement
from queuetui.model.run_notes import RunNotes, tag_counter
from tests.cli.conftest import EVERY_STORE
from tests.cli.following import following
from tests.cli.scenes import LONG_S, Scene
from tests.zoo import SMALL_ZOO, assert_inert


def told(scene: Scene, log: str, name: str = "credits") -> str:
    """Run a job that tells things, and return its id."""
    job_id = scene.job("telling", "lane", {})
    lease = scene.backend.jobs.open_lease("w", "lane", LONG_S)
    (claimed,) = scene.backend.jobs.step(lease.id, (), 1).claimed
    notes = RunNotes(
        job_id,
        claimed.fence,
        "telling",
        {name: 3, tag_counter("provider", "acme", "completed"): 1},
        0.5,
        5_000_000,
        log,
        2,
    )
    scene.backend.notes.write_notes(lease.id, [notes])
    scene.backend.jobs.step(lease.id, [Settlement(job_id, claimed.fence, "telling", Ending.COMPLETED, 2.0)], 0)
    return job_id


@EVERY_STORE
def test_the_log_of_a_job(scene: Scene) -> None:
    """Its lines are printed as they were, with what is cut before them; JSON holds each with its run."""
    job_id = told(scene, "one\ntwo")
    assert scene.run("logs", job_id).out == "(cut: 2 lines before these)\none\ntwo\n"
    cut, lines = json.loads(scene.run("logs", job_id, "--json").out)
    assert (cut["level"], lines["fence"], lines["message"]) == (None, 1, "one\ntwo")


def test_the_logs_of_several_jobs(scene: Scene) -> None:
    """Of a worker the lines of all jobs stand in the order of their times; errors alone, with what follows them."""
    first = told(
        scene, "2026-11-29T10:00:01+00:00 info began user=7\n2026-11-29T10:00:03+00:00 error broke\nTraceback: here"
    )
    second = told(scene, "2026-11-29T10:00:02+00:00 info went on")
    lines = json.loads(scene.run("logs", "--worker", "w", "--json").out)
    said = [line for line in lines if line["level"] is not None]
    assert [(line["job_id"], line["message"]) for line in said] == [
        (first, "began user=7"),
        (second, "went on"),
        (first, "broke\nTraceback: here"),
    ]
    errors = scene.run("logs", "--worker", "w", "--errors").out
    assert errors == f"2026-11-29T10:00:03.000000Z error {first[-8:]} broke\nTraceback: here\n"
    assert scene.run("logs", first, "--since", "1s").out == ""
    assert scene.run("logs").code == 2


def test_a_log_is_followed_into_a_pipe(scene: Scene) -> None:
    """Each line is written when it is there, and not once the pipe's buffer is full."""
    told(scene, "2026-11-29T10:00:01+00:00 info began")
    with following(scene, "logs", "--worker", "w") as lines:
        cut, first = lines.readline(), lines.readline()
    assert "(cut: 2 lines" in cut
    assert "began" in first


def test_a_job_without_a_log(quick: Scene) -> None:
    """Nothing is printed and the words say why."""
    answer = quick.run("logs", quick.job("quiet", "lane", {}))
    assert (answer.code, answer.out) == (0, "")
    assert "nothing is kept" in answer.err


def test_usage_in_show_and_stats(scene: Scene) -> None:
    """A job shows its own sums and what its runs took; the figures show those of the last hour by queue and type.

    What workers count by tags is in neither.
    """
    job_id = told(scene, "line")
    shown = json.loads(scene.run("show", job_id, "--json").out)
    assert shown["usage"] == {"credits": 3}
    (run,) = shown["run_log"]
    assert run["usage"] == {"credits": 3}
    assert (run["cpu_seconds"], run["peak_bytes"], run["log_lines"]) == (0.5, 5_000_000, 3)
    expected = [{"queue": "lane", "type": "telling", "name": "credits", "amount": 3}]
    assert json.loads(scene.run("stats", "--json").out)["usage"] == expected
    assert "credits" in scene.run("stats").out


@pytest.mark.parametrize("text", [text for text in SMALL_ZOO.values() if text.strip()], ids=str.__len__)
def test_hostile_lines_are_harmless(quick: Scene, text: str) -> None:
    """Whatever a handler logged or counted, nothing that a terminal would obey is printed."""
    job_id = told(quick, text, text.replace("\0", "")[:60] or "x")
    for words in (["logs", job_id], ["show", job_id], ["stats"], ["logs", job_id, "--format", "csv"]):
        answer = quick.run(*words)
        assert answer.code == 0
        assert_inert(answer.out)
