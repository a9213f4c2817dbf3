"""A key that does nothing here says where it works, or what to press instead; a filter that waits says for what."""

from __future__ import annotations

import pytest

from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.stage import Stage


@pytest.mark.parametrize(
    ("view", "key", "told"),
    [
        ("", "m", "no pane is made larger"),
        ("", "at", "acts are recorded"),
        ("", "grave_accent", "b chooses the system"),
        ("", "o", "only its job in Events"),
        ("", "x", "x does nothing here; ? lists the keys"),
        ("", "f5", "f5 does nothing here; ? lists the keys"),
        ("W", "space", "mark in tables of jobs"),
        ("0", "R", "retry in All systems and Dead letters and Groups and Job detail and Jobs"),
        ("enter", "n", "look further in Jobs"),
    ],
)
def test_a_key_that_does_nothing_says_what_to_press(view: str, key: str, told: str) -> None:
    """Each key of the reference has an answer on every screen."""

    async def script(stage: Stage) -> None:
        if view:
            await stage.press(view)
        await stage.press(key)
        assert told in stage.lines_of("#status")

    Stage().play(script)


def test_keys_that_do_something_are_not_spoken_of() -> None:
    """Moving, marking and typing say nothing of the kind."""

    async def script(stage: Stage) -> None:
        await stage.press("j", "k", "slash")
        await stage.write("quiz")
        assert stage.is_on(JobsScreen)
        assert "does nothing" not in stage.lines_of("#status")

    Stage().play(script)


def test_a_filter_that_waits_says_so() -> None:
    """While the last word may become a field the list stays as it is and the line below the filter says why."""

    async def script(stage: Stage) -> None:
        await stage.press("slash")
        await stage.write("stat")
        await stage.until_shown("waiting: stat may become state:; Enter looks for the word")
        await stage.write("e:failed")
        await stage.until_shown("6 of 6 exact")
        assert "waiting:" not in stage.text()

    Stage().play(script)


def test_a_frozen_screen_says_why_a_filter_shows_nothing() -> None:
    """What was asked for while the screen is frozen is said to be held back."""

    async def script(stage: Stage) -> None:
        await stage.press("z", "slash")
        await stage.write("queue:mail")
        await stage.until_shown("The screen is frozen, so this is not shown yet; z lets it show.")
        await stage.press("enter", "z")
        await stage.until_shown("6 of 6 exact")

    Stage().play(script)
