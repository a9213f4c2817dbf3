"""The command line and the palette: the table of actions by name, with the nearest name for a wrong one."""

from __future__ import annotations

import pytest

from queuetui.tui.actions import ACTIONS, ALIASES, KeyPlace, actions_at, bindings_at, named
from queuetui.tui.dialogs.command import CommandDialog
from queuetui.tui.present.help import DIALOGS
from queuetui.tui.screens.detail import DetailScreen
from queuetui.tui.screens.jobs import JobsScreen
from queuetui.tui.screens.overview import OverviewScreen
from tests.architecture.source import PACKAGE, python_files
from tests.tui.scripted import make_job
from tests.tui.stage import NARROW, Stage

NEVER_BOUND = {
    "ctrl+b",
    "ctrl+a",
    "ctrl+s",
    "ctrl+q",
    "ctrl+h",
    "ctrl+i",
    "ctrl+j",
    "ctrl+m",
    "ctrl+k",
    "ctrl+l",
    "f10",
    "f11",
}


async def run_command(stage: Stage, text: str) -> None:
    """Type a command and run it."""
    await stage.press("colon")
    assert stage.is_on(CommandDialog)
    await stage.write(text)
    await stage.press("enter")


def test_commands_run_by_name_with_their_argument() -> None:
    """:overview, :jobs QUEUE, :filter FILTER, :stuck and :show ID do what their keys do."""

    async def script(stage: Stage) -> None:
        await run_command(stage, "overview")
        assert stage.is_on(OverviewScreen)
        await run_command(stage, "jobs mail")
        await stage.until_shown("6 of 6 exact")
        await run_command(stage, "jobs")
        await run_command(stage, "filter type:Night*")
        await stage.until_shown("1 of 1 exact")
        await run_command(stage, "stuck")
        await stage.until_shown("> stuck")
        await run_command(stage, "show 000000000006")
        await stage.until(lambda: stage.is_on(DetailScreen))

    Stage().play(script)


def test_a_wrong_command_names_the_nearest() -> None:
    """A name that does not exist is answered with the one that was probably meant, and nothing runs."""

    async def script(stage: Stage) -> None:
        await run_command(stage, "ovrview")
        await stage.until_shown("did you mean overview?")
        await stage.press("escape")
        assert stage.is_on(JobsScreen)

    Stage().play(script, NARROW)


def test_a_command_that_needs_an_argument_asks_for_it() -> None:
    """`rate` alone says how it is written; a word in place of the number is refused with the form."""

    async def script(stage: Stage) -> None:
        await run_command(stage, "rate")
        await stage.until_shown("rate SECONDS")
        await stage.press("escape")
        await run_command(stage, "rate fast")
        await stage.until_shown("is not a number of seconds")

    Stage().play(script)


def test_tab_completes_and_the_last_command_comes_first() -> None:
    """Tab writes out the name under the cursor; what was run is at the top the next time."""

    async def script(stage: Stage) -> None:
        await stage.press("ctrl+p")
        await stage.write("fre")
        await stage.press("tab", "enter")
        assert stage.app.frozen
        await stage.press("z", "colon")
        assert stage.table().rows[0].key == "freeze"
        await stage.press("down", "up", "pagedown", "pageup", "enter")
        assert stage.app.frozen

    Stage().play(script)


def test_unknown_names_are_told() -> None:
    """A queue or an id that is not there is said so."""

    async def script(stage: Stage) -> None:
        await run_command(stage, "jobs nowhere")
        await stage.until_shown("no queue is called 'nowhere'")
        await run_command(stage, "show ffffff")
        await stage.until_shown("no job has an id that ends in ffffff")

    Stage().play(script)


def test_copying_says_where_the_text_is() -> None:
    """`y` offers the parts of the job; without a clipboard the text is in a file that is named."""

    async def script(stage: Stage) -> None:
        await stage.press("5")
        await stage.until_shown("6 of 6 exact")
        await stage.press("y")
        await stage.write("error")
        await stage.press("enter")
        await stage.until_shown("Wrote the error to")

    Stage().play(script)


def test_every_action_has_its_words() -> None:
    """Names are unique, every action can be read about, and every alias leads somewhere."""
    names = [action.name for action in ACTIONS]
    assert len(set(names)) == len(names)
    assert all(action.help and action.label for action in ACTIONS)
    assert all(named(alias) is not None for alias in ALIASES)


@pytest.mark.parametrize("place", list(KeyPlace))
def test_no_key_does_two_things_in_one_place(place: KeyPlace) -> None:
    """Within a place, and between it and what works everywhere, every key has one meaning."""
    places = {place, KeyPlace.EVERYWHERE} | (
        {KeyPlace.TABLE, KeyPlace.MARKS} if place in {KeyPlace.JOBS, KeyPlace.FAILURES} else set()
    )
    keys = [key for action in ACTIONS if action.places & places for key in action.keys.split(",") if key]
    assert sorted(set(keys)) == sorted(keys)
    assert not NEVER_BOUND & set(keys)


def test_a_key_of_a_dialog_or_text_has_one_meaning_there() -> None:
    """Within a dialog, a form or a text no key is bound twice, nor taken from what ends the console."""
    first = {key for action in ACTIONS if action.is_first for key in action.keys.split(",")}
    for place in (*DIALOGS, KeyPlace.FILTER, KeyPlace.HELP, KeyPlace.TEXT):
        keys = [key for action in actions_at(place) for key in action.keys.split(",")]
        assert sorted(set(keys)) == sorted(keys)
        assert keys
        assert not first & set(keys)


def test_a_key_is_defined_in_the_table_of_actions_alone() -> None:
    """No screen, dialog or widget makes a binding of its own."""
    makers = [path.name for path in python_files(PACKAGE / "tui") if " Binding(" in path.read_text(encoding="utf-8")]
    assert makers == ["actions.py"]


def test_only_capital_letters_change_a_queue() -> None:
    """The acts are on R, C, D, X, P and U, and on nothing else."""
    assert {action.keys for action in ACTIONS if action.verb is not None} == {"R", "C", "D", "X", "P", "U"}


def test_every_key_has_an_id_to_remap_it_by() -> None:
    """Each binding carries its action's name as its id."""
    for place in KeyPlace:
        for binding in bindings_at(place):
            assert binding.id is not None  # type: ignore[union-attr]  # made by us, always a Binding
            assert binding.id in {action.name for action in actions_at(place)}  # type: ignore[union-attr]  # the same


def test_the_scripted_ids_end_in_their_number() -> None:
    """What these tests type is the end of an id."""
    assert make_job(6).ref.id.endswith("000000000006")
