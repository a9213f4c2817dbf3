"""What is typed faster than the screen goes on."""

from __future__ import annotations

import pytest
from textual import events
from textual.keys import _character_to_key
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

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
    if "removed" not in request.node.name:
        monkeypatch.setattr(typed_ahead, "_LOOK_AGAIN_S", 1000)


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


def test_a_widget_that_is_removed_before_it_answers_holds_up_no_other_key() -> None:
    """A key that is lost with its widget is missed soon; the next one is taken."""

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        field, missed = Input(), list[Message]()
        await stage.app.screen.mount(field)
        field.focus()
        await stage.until(lambda: stage.app.focused is field)
        heard = field.post_message

        def miss(message: Message) -> bool:
            if not isinstance(message, (events.Key, typed_ahead.KeyAnswered)):
                return heard(message)
            missed.append(message)
            return True

        field.post_message = miss  # type: ignore[method-assign]  # as a widget that goes before it answers
        type_at_once(stage, "\r?")
        await stage.until(lambda: missed)
        await field.remove()
        await stage.until(lambda: stage.is_on(HelpScreen))

    Stage().play(script)


def test_a_slow_widget_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A letter reaches what the key before it opens, however often it was looked whether that is there."""
    monkeypatch.setattr(typed_ahead, "_LOOK_AGAIN_S", 0.01)

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        table = stage.table()
        heard, held, looks = table.post_message, list[Message](), list[events.Event]()
        look = stage.app._look_again

        def hold(message: Message) -> bool:
            if not isinstance(message, (events.Key, typed_ahead.KeyAnswered)):
                return heard(message)
            held.append(message)
            return True

        def count(event: events.Event, asked: Widget) -> None:
            looks.append(event)
            look(event, asked)

        stage.app._look_again = count  # type: ignore[method-assign]  # it is counted
        table.post_message = hold  # type: ignore[method-assign]  # as a widget that is busy
        type_at_once(stage, ":d")
        await stage.until(lambda: len(looks) > 3)
        table.post_message = heard  # type: ignore[method-assign]  # as it was
        for message in held:
            heard(message)
        await stage.until(lambda: stage.is_on(CommandDialog) and stage.field("#pick-text").value == "d")

    Stage().play(script)


def test_movements_and_letters_of_a_field_hold_up_nothing() -> None:
    """They are handed on in one go; only a key that may open something waits for its answer."""

    async def script(stage: Stage) -> None:
        await stage.press("1")
        await stage.until_shown("59 of 59")
        answered: list[object] = []
        hear = stage.app.on_key_answered

        def count(message: typed_ahead.KeyAnswered) -> None:
            answered.append(message.key)
            hear(message)

        stage.app.on_key_answered = count  # type: ignore[method-assign]  # it is counted
        type_at_once(stage, "jkjjk/mail")
        await stage.until(lambda: stage.field("#filter-text").value == "mail")
        assert len(answered) <= 1

    Stage().play(script)
