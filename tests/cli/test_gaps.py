"""`queuetui gaps`: the log of events judged as a whole."""

from __future__ import annotations

import pytest

from queuetui.config.paths import config_file
from queuetui.model.job import Ending
from tests.cli.conftest import Invoke
from tests.cli.scenes import Scene


def test_a_log_of_jobs_in_every_state_has_no_gap(busy: Scene) -> None:
    """Nothing that is as it should be is accused, and it is said how much was judged."""
    answer = busy.run("gaps", "--json")
    assert (answer.code, answer.data) == (0, [])
    assert answer.err.startswith("0 gaps in ")


def test_what_goes_on_for_too_long_is_told_by_its_kind(
    scene: Scene, invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Created and never assigned, assigned and never started; a paused queue's jobs wait rightly, and what ended is whole."""
    path = config_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('[profiles.shop]\nurl_env = "STORE"\nstuck_after = "1ms"\n', encoding="utf-8")
    monkeypatch.setenv("STORE", scene.url)
    scene.job("waits")
    scene.claimed("taken")
    scene.ended("done", Ending.COMPLETED)
    scene.job("held", "quiet")
    assert scene.run("pause", "quiet").code == 0
    found = invoke("gaps", "--profile", "shop", "--json").data
    assert {one["job"]: one["gap"] for one in found} == {
        scene.ids["waits"]: "never_assigned",
        scene.ids["taken"]: "never_started",
    }
    assert all(one["next"].startswith(("look", "queuetui")) for one in found)
    table = invoke("gaps", "--profile", "shop")
    assert table.err.startswith("2 gaps in ")
    assert scene.ids["waits"] in table.out
