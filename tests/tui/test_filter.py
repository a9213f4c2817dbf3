"""Filtering: live as it is typed, by form, and with every error at its place."""

from __future__ import annotations

import pytest
from textual.events import Paste
from textual.widgets import Input

from queuetui.model.page import PlannedTerm
from queuetui.model.query import Query
from queuetui.tui.present.filter_form import read_filter, write_filter
from queuetui.tui.screens.filter import FilterScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.stage import NARROW, Stage


def test_a_filter_works_while_it_is_typed_and_stays_on_enter() -> None:
    """`/` filters live; Enter keeps it and gives the keys back to the table; Esc clears it."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("queue:mail")
        await stage.until_shown("6 of 6 exact")
        await stage.press("enter")
        assert stage.app.focused is stage.table()
        assert "> queue:mail" in stage.lines_of("#crumbs")
        await stage.press("escape")
        await stage.until_shown("59 of 59 exact")

    Stage().play(script)


def test_q_is_a_letter_while_a_filter_is_typed() -> None:
    """No letter of a filter is a command, not even q."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("quiz")
        await stage.press("tab")
        assert stage.is_on(JobsScreen)
        await stage.until_shown("No job matches this filter")

    Stage().play(script)


def test_the_name_of_a_field_is_not_searched_for_as_a_word() -> None:
    """On the way to `state:failed` the list does not go empty for the word `state`."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("state")
        await stage.pilot.pause(0.4)
        assert "59 of 59" in stage.text()
        await stage.write(":failed")
        await stage.until_shown("6 of 6 exact")

    Stage().play(script)


def test_an_error_stands_below_its_place() -> None:
    """A filter that cannot be read is pointed at, the nearest name is offered, and the rows stay."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        stage.app.screen.post_message(Paste("queue:mail state:faild"))
        await stage.until_shown("did you mean failed?")
        lines = stage.screen_lines()
        row = next(number for number, line in enumerate(lines) if "state:faild" in line)
        assert lines[row + 1].index("^") == lines[row].index("faild")
        assert stage.table().rows

    Stage().play(script, NARROW)


def test_a_filter_that_speaks_of_states_leaves_the_tabs() -> None:
    """On the Failed tab a filter for completed jobs shows completed jobs, not nothing."""

    async def script(stage: Stage) -> None:
        await stage.press("5", "slash")
        await stage.write("state:completed")
        await stage.press("enter")
        await stage.until_shown("16 of 16 exact")
        assert "[1 All" in stage.lines_of("#tabs")

    Stage().play(script)


def test_pasting_a_newline_does_no_harm() -> None:
    """All lines of a pasted text are taken as one: the first alone might mean more jobs than were copied."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        field = stage.field("#filter-text")
        stage.app.screen.post_message(Paste("\nqueue:mail \r\n  state:failed\n"))
        await stage.until(lambda: field.value == "queue:mail state:failed")

    Stage().play(script)


def test_the_form_writes_the_filter_language() -> None:
    """`f` opens a form; its fields make one filter, shown as it grows, and Enter applies it."""

    async def script(stage: Stage) -> None:
        await stage.press("f")
        assert stage.is_on(FilterScreen)
        await stage.write("failed")
        await stage.press("tab", "tab")
        await stage.write("mail")
        await stage.press("down", "down", "down")
        await stage.write("3")
        await stage.until_shown("state:failed queue:mail attempts>=3")
        await stage.press("enter")
        await stage.until_shown("6 of 6 exact")
        await stage.press("f")
        assert stage.field("#field-queue").value == "mail"
        await stage.press("ctrl+u")
        assert stage.field("#field-queue").value == ""
        await stage.press("escape")
        assert "queue:mail" in stage.lines_of("#crumbs")

    Stage().play(script, NARROW)


def test_the_form_points_at_its_errors_and_tells_how_the_store_answers() -> None:
    """A bad value is pointed at and Enter does not apply it; a term checked row by row is told."""

    async def script(stage: Stage) -> None:
        await stage.press("f")
        await stage.write("faild")
        await stage.until_shown("did you mean failed?")
        await stage.press("enter")
        assert stage.is_on(FilterScreen)
        await stage.press("ctrl+u", "up")
        await stage.write("payload.user.id:42")
        await stage.until_shown("payload residual: checked over the newest 5,000 jobs")

    Stage().play(script, NARROW)


def test_what_became_unreadable_before_it_was_asked_of_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the moment in which the plan of the filter is asked for does not end the console."""
    asked: list[Query] = []

    def plan(query: Query) -> tuple[PlannedTerm, ...]:
        asked.append(query)
        return ()

    async def script(stage: Stage) -> None:
        monkeypatch.setattr(stage.feed, "plan", plan)
        await stage.press("f")
        stage.field("#field-queue").value = "mail"
        await stage.pilot.pause()
        with stage.app.prevent(Input.Changed):
            stage.field("#field-state").value = "faild"
        await stage.until(lambda: asked)
        await stage.pilot.pause()
        assert stage.is_on(FilterScreen)

    Stage().play(script, NARROW)


@pytest.mark.parametrize(
    "text",
    [
        "state:failed,retrying queue:mail",
        'queue:"two words" type:Send*',
        'age>1h attempts>=3 error~"timed out"',
        "-queue:slow payload.user.id:42 word",
        "worker:web-1 -is:stuck",
        'error~"a \\"b\\" c"',
        'queue:"mail*" type:"a,b","c \\" *"*',
    ],
)
def test_form_and_filter_language_agree(text: str) -> None:
    """A filter read into the form and written again is the same filter."""
    assert write_filter(read_filter(text)) == text


def test_a_filter_that_the_store_refuses_is_told_and_the_counts_go_on() -> None:
    """When the backend cannot answer a filter its reason is shown and the console stays connected."""

    async def script(stage: Stage) -> None:
        stage.feed.refused_field = "payload"
        await stage.press("slash")
        await stage.write("payload.user.id:42")
        await stage.press("enter")
        await stage.until_shown("payload cannot be searched here  Esc clears the filter.")
        assert stage.app.link.is_live
        assert list(stage.table().rows) == []
        await stage.press("escape")
        await stage.until_shown("59 of 59 exact")

    Stage().play(script)
