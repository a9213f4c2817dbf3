"""The console on the captures of a real Laravel application: its true states, and a retry of a failed job."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from queuetui.model.state import State
from queuetui.tui.screens.jobs import JobsScreen
from tests.backends.captures import STATE_OF_WORD, Capture, load_capture, query
from tests.backends.laravel.conftest import capture
from tests.tui.real_store import session_over
from tests.tui.stage import NARROW, Stage
from tests.tui.test_acts import until_asked
from tests.tui.test_snapshots import SnapCompare, settle

AFTER_S = 301
__all__ = ["capture"]
TAB_OF_STATE = {State.PENDING: "2", State.PROCESSING: "3", State.FAILED: "5", State.SCHEDULED: "6", State.RETRYING: "6"}


def test_the_console_shows_the_true_states(capture: Capture, tmp_path: Path) -> None:
    """Each stored job stands in the tab of its true state, and the one that hangs is the only one stuck."""
    ids_of_tab: dict[str, set[str]] = {}
    for job_id, truth in capture.stored.items():
        ids_of_tab.setdefault(TAB_OF_STATE[STATE_OF_WORD[truth["state"]]], set()).add(job_id)
    ids_of_tab["4"] = {job_id for job_id, truth in capture.stored.items() if truth["state"] == "stuck"}

    async def script(stage: Stage) -> None:
        for tab, ids in ids_of_tab.items():
            await stage.press(tab)
            await stage.until(lambda ids=ids: {row.key for row in stage.table().rows} == ids)  # type: ignore[misc]  # bound in the loop
        await stage.press("4")
        await stage.until_shown("processing!")
        assert "over_limit" in stage.lines_of("#explanation")
        await stage.press("7")
        await stage.until_shown("Laravel deletes a job's row when it has finished. 1 shows all states.")
        stage.app.action_filter("state:pending state:failed")
        await stage.until_shown("states that exclude each other")

    Stage(session=session_over(capture.open(after_s=AFTER_S), tmp_path)).play(script)


def test_a_failed_job_is_retried_into_its_queue(capture: Capture, tmp_path: Path) -> None:
    """`R` on a dead letter moves its row from failed_jobs to jobs, and the console shows it there."""

    async def script(stage: Stage) -> None:
        await stage.press("9")
        await stage.until(lambda: len(stage.table().rows) == 3)
        job_id = stage.table().cursor_key
        await stage.press("R")
        await until_asked(stage)
        await stage.press("y")
        await stage.until_shown("1 retried, 0 skipped, 0 failed")
        assert query(capture.url, f"SELECT count(*) FROM failed_jobs WHERE uuid = '{job_id}'")[0][0] == 0
        assert query(capture.url, f"SELECT count(*) FROM jobs WHERE payload LIKE '%{job_id}%'")[0][0] == 1
        await stage.until(lambda: len(stage.table().rows) == 2)

    Stage(session=session_over(capture.open(), tmp_path)).play(script)


def test_dead_letters_that_are_alike_are_one_row_and_retried_together(capture: Capture, tmp_path: Path) -> None:
    """`]` groups them by type and error; Enter lists a group's jobs, and `R` runs all of them again and no other."""

    async def script(stage: Stage) -> None:
        await stage.press("9", "right_square_bracket")
        await stage.until(lambda: [row.cells[0].text for row in stage.table().rows] == ["2", "1"])
        assert "Card declined" in stage.lines_of("#error")
        await stage.press("enter")
        await stage.until(lambda: len(stage.table().rows) == 2)
        assert stage.is_on(JobsScreen)
        await stage.press("q", "R")
        await until_asked(stage)
        assert "Retry 2 jobs" in stage.text()
        await stage.press("y")
        await stage.until_shown("2 retried, 0 skipped, 0 failed")
        assert query(capture.url, "SELECT count(*) FROM failed_jobs")[0][0] == 1
        await stage.until(lambda: [row.cells[0].text for row in stage.table().rows] == ["1"])
        assert "1 group, 1 job" in stage.text()
        assert "1 job of " in stage.lines_of("#error")
        await stage.press("left_square_bracket")
        await stage.until(lambda: len(stage.table().rows) == 1)

    Stage(session=session_over(capture.open(), tmp_path)).play(script)


def test_what_laravel_cannot_do_is_dimmed_with_its_reason(capture: Capture, tmp_path: Path) -> None:
    """Pausing a queue or what else the adapter lacks answers with the reason and opens nothing."""

    async def script(stage: Stage) -> None:
        assert stage.app.capabilities is not None
        lacking = [
            verb for verb in stage.app.capabilities.reasons if verb.value in {"pause", "cancel", "retry", "delete"}
        ]
        assert lacking
        keys = {"pause": "P", "cancel": "C", "retry": "R", "delete": "D"}
        for verb in lacking:
            await stage.press(keys[verb.value])
            assert stage.app.capabilities.reasons[verb][:20] in stage.lines_of("#status")

    Stage(session=session_over(capture.open(), tmp_path)).play(script)


@pytest.mark.parametrize(
    ("keys", "shown"),
    [([], "17 of 17"), (["4"], "1 of 1"), (["9"], "LogicException")],
    ids=["jobs", "stuck", "failures"],
)
def test_laravel_screen(
    keys: list[str], shown: str, sqlite_url: str, tmp_path: Path, snap_compare: SnapCompare
) -> None:
    """The capture looks as it did."""
    loaded = load_capture("laravel", "laravel-db", "sqlite", sqlite_url)
    stage = Stage(session=session_over(loaded.open(after_s=AFTER_S), tmp_path))

    async def run(pilot: Pilot[Any]) -> None:
        await settle(stage, keys, shown)(pilot)

    assert snap_compare(stage.app, terminal_size=NARROW, run_before=run)
