"""`c` shows and hides the columns of a list."""

from __future__ import annotations

from queuetui.config.profile import HIDEABLE_COLUMNS
from queuetui.model.state import State
from queuetui.tui.present.column_choice import choosable
from queuetui.tui.present.job_columns import NORMAL
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.scripted import ScriptedFeed, make_error, make_job
from tests.tui.stage import Stage


def headings(stage: Stage) -> tuple[str, ...]:
    """Return the columns that are on the screen."""
    screen = next(one for one in stage.app.screen_stack if isinstance(one, JobsScreen))
    return screen.table.shown_columns


def test_a_column_is_hidden_and_shown_again() -> None:
    """Enter hides what is shown, at once and on every tab; again shows it; the last line takes all choices back."""

    async def script(stage: Stage) -> None:
        assert "queue" in headings(stage)
        await stage.press("c")
        assert "enter shows or hides" in stage.text()
        await stage.write("queue")
        await stage.press("enter")
        assert "queue" not in headings(stage)
        assert "hidden" in stage.text()
        await stage.press("escape", "5")
        assert "queue" not in headings(stage)
        await stage.press("c")
        await stage.write("queue")
        await stage.press("enter")
        assert "queue" in headings(stage)
        await stage.press("enter", "escape", "c")
        await stage.write("as the console")
        await stage.press("enter", "escape")
        assert "queue" in headings(stage)

    Stage(ScriptedFeed([make_job(1), make_job(2, State.FAILED, error=make_error())])).play(script)


def test_a_column_without_room_is_put_first() -> None:
    """What 80 columns have no room for is on the screen once it is chosen."""

    async def script(stage: Stage) -> None:
        assert "worker" not in headings(stage)
        await stage.press("c")
        await stage.write("worker")
        assert "no room" in stage.text()
        await stage.press("enter")
        assert "worker" in headings(stage)

    Stage(ScriptedFeed([make_job(1, State.PROCESSING), make_job(2)])).play(script, (80, 24))


def test_a_profile_hides_columns_by_the_names_that_lists_have() -> None:
    """What settings may name is what `c` offers."""
    assert [column.key for column in choosable(NORMAL)] == list(HIDEABLE_COLUMNS)
