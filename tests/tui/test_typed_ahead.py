"""What is typed faster than the screen goes on."""

from __future__ import annotations

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.message import Message

from queuetui.tui import typed_ahead
from queuetui.tui.dialogs.ask import AskDialog
from queuetui.tui.dialogs.command import CommandDialog
from queuetui.tui.screens.help import HelpScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.stage import Stage

ESC = "\x1b"
_NAMES = {ESC: "escape", "\r": "enter"}


@pytest.fixture(autouse=True)
def no_help_by_time(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that is lost holds up the test for good."""
    if "never_answers" not in request.node.name:
        monkeypatch.setattr(typed_ahead, "_LONGEST_WAIT_S", 1000)


def type_at_once(stage: Stage, text: str) -> None:
    """Have the terminal bring all keys in one read, as a slow line does."""
    for char in text:
        stage.app.post_message(events.Key(_NAMES.get(char) or _character_to_key(char), char))


@pytest.mark.parametrize(
    ("typed", "screen", "selector", "taken"),
    [
        (":jobs mail", CommandDialog, "#pick-text", "jobs mail"),
        ("/type:SendMail", JobsScreen, "#filter-text", "type:SendMail"),
        ("?retry", HelpScreen, "#help-search", "retry"),
        ("Xsync", AskDialog, "#word", "sync"),
    ],
)
def test_what_is_typed_at_once_goes_to_what_its_first_key_opens(
    typed: str, screen: type[JobsScreen], selector: str, taken: str
) -> None:
    """No letter is lost, and none is taken for a key of the list that is left."""

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        type_at_once(stage, typed)
        await stage.until(lambda: stage.is_on(screen) and stage.field(selector).value == taken)
        assert stage.operations.performed == []

    Stage().play(script)


def test_what_follows_a_key_that_closes_goes_to_the_list_again() -> None:
    """Keys behind an Esc or a command move and mark in the list, and the next command is taken whole."""

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        type_at_once(stage, f":help\r{ESC}?{ESC}j :ra")
        await stage.until(lambda: stage.is_on(CommandDialog) and stage.field("#pick-text").value == "ra")
        await stage.press("escape")
        await stage.until(lambda: stage.is_on(JobsScreen))
        assert [row.key[-1] for row in stage.table().rows if row.key in stage.table().marks] == ["2"]

    Stage().play(script)


def test_a_widget_that_never_answers_holds_up_no_other_key() -> None:
    """A key that is lost with its widget is waited for no longer than a moment; the next one is taken."""

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        table = stage.table()
        heard = table.post_message
        lost = iter(range(2))

        def miss_two(message: Message) -> bool:
            return next(lost, None) is not None or heard(message)

        table.post_message = miss_two  # type: ignore[method-assign]  # as a widget that goes before it answers
        type_at_once(stage, "j?")
        await stage.until(lambda: stage.is_on(HelpScreen))

    Stage().play(script)
