"""The way back: one step along what the second line shows, and out only from its beginning."""

from __future__ import annotations

import pytest

from queuetui.tui.app import QueueTui
from queuetui.tui.screens.events import EventsScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.screens.workers import WorkersScreen
from queuetui.tui.widgets.text_lines import TextLines
from tests.tui.stage import Stage
from tests.tui.test_acts import until_asked


async def until_left(stage: Stage) -> None:
    """Wait until the console ends."""
    await stage.until(lambda: not stage.app._running or stage.app._exit)


def test_q_leaves_filter_tab_and_queue_before_it_ends() -> None:
    """Each `q` takes the last part of the way off, and the one on all jobs ends the console."""

    async def script(stage: Stage) -> None:
        await stage.press("colon")
        await stage.write("jobs mail")
        await stage.press("enter", "5", "slash")
        await stage.write("attempts>1")
        await stage.press("enter")
        for shown in (
            " Jobs > queue mail > failed > attempts>1",
            " Jobs > queue mail > failed",
            " Jobs > queue mail",
            " Jobs",
        ):
            await stage.until_read()
            (crumbs,) = stage.app.screen.query_one("#crumbs", TextLines).lines
            assert "".join(span.text for span in crumbs.left) == shown
            assert not stage.app._exit
            await stage.press("q")
        await until_left(stage)

    stage = Stage()
    stage.play(script)
    assert stage.app.return_value == 0


def test_q_leaves_what_was_added_to_a_list_before_the_list() -> None:
    """A tab chosen on a worker's jobs is left first, then the jobs for the workers."""

    async def script(stage: Stage) -> None:
        await stage.press("W")
        await stage.until_shown("2 live of 3")
        await stage.press("enter")
        await stage.until_shown("worker:web-2/4411")
        await stage.press("3", "q")
        assert stage.is_on(JobsScreen)
        assert "[1 All" in stage.lines_of("#tabs")
        assert "worker:web-2/4411" in stage.lines_of("#crumbs")
        await stage.press("q")
        assert stage.is_on(WorkersScreen)

    Stage().play(script)


def test_q_shows_all_events_before_it_leaves_them() -> None:
    """A filter of the events is left first."""

    async def script(stage: Stage) -> None:
        stage.app.action_events("queue:mail")
        await stage.until_shown("queue:mail")
        await stage.press("q")
        assert stage.is_on(EventsScreen)
        assert "queue:mail" not in stage.lines_of("#crumbs")
        await stage.press("q")
        assert stage.is_on(JobsScreen)

    Stage().play(script)


@pytest.mark.parametrize("opening", [":", "?", "Q", "s", "y", "f", "/", "C", "X", "P"])
def test_ctrl_z_suspends_from_every_dialog(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever a person is, the shell is one key away."""
    suspended: list[str] = []
    monkeypatch.setattr(QueueTui, "action_suspend_process", lambda app: suspended.append(type(app.screen).__name__))

    async def script(stage: Stage) -> None:
        await stage.write(opening)
        if opening in "CXP":
            await until_asked(stage)
        await stage.press("ctrl+z")
        assert len(suspended) == 1

    Stage().play(script)
