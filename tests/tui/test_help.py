"""Help: every key and every word, found by typing, at any size."""

from __future__ import annotations

import pytest

from queuetui.model.measured import Exactness
from queuetui.model.verdict import Code
from queuetui.tui.present.legend import SIGNS, VERDICTS
from queuetui.tui.screens.help import HelpScreen
from queuetui.tui.screens.jobs import JobsScreen
from tests.tui.stage import NARROW, WIDE, Stage

BROAD = (200, 60)


def test_the_legend_tells_every_word() -> None:
    """No verdict and no exactness is without its meaning."""
    assert set(VERDICTS) == set(Code)
    words = {word for word, _ in SIGNS}
    assert words >= {exactness.value for exactness in Exactness}
    assert words >= {"!", "*", "(db)", "grade A", "grade B", "grade C", "(R0)"}


SOUGHT = {
    "purge": "delete all that match the filter",
    "quit": "end the console, from anywhere",
    "job": "why this job stands where it stands",
    "grade A": "survives a power cut",
    "(db)": "the store's own clock",
    "capped": "counting stopped there",
    "orphaned": "its worker is gone",
    "!": "stuck: behind a state",
}


def test_what_is_typed_is_searched_for() -> None:
    """The first letter begins the search, also where it is a key elsewhere."""

    async def script(stage: Stage) -> None:
        for text, shown in SOUGHT.items():
            await stage.press("question_mark")
            await stage.until(lambda: stage.is_on(HelpScreen))
            await stage.press(*(NAMES.get(char, char) for char in text))
            assert stage.is_on(HelpScreen)
            assert stage.field("#help-search").value == text
            await stage.until_shown(shown)
            assert "half a page" not in stage.text()
            while stage.is_on(HelpScreen):
                await stage.press("escape")

    Stage().play(script, NARROW)


NAMES = {" ": "space", "!": "exclamation_mark", "(": "left_parenthesis", ")": "right_parenthesis"}


@pytest.mark.parametrize("size", [NARROW, WIDE, BROAD])
def test_every_line_of_it_can_be_read(size: tuple[int, int]) -> None:
    """Nothing is cut at its right, the hint says how much there is, and scrolling leads to the last word."""

    async def script(stage: Stage) -> None:
        await stage.press("question_mark")
        await stage.until_shown("esc enter ? close")
        seen = ""
        for _ in range(12):
            seen += stage.text()
            await stage.press("pagedown")
        told = " ".join(seen.replace("│", " ").split())
        for text in (
            "its events do not tell the whole of its way",
            "the last row read so far; more are read as you go",
        ):
            assert all(word in told for word in text.split())
        if size == BROAD:
            assert "its events do not tell the whole of its way" in stage.text()
        else:
            assert "lines " in stage.text()

    Stage().play(script, size)


def test_ways_out_of_help() -> None:
    """Esc, Enter, `?` and F1 close it."""

    async def script(stage: Stage) -> None:
        for close in ("escape", "enter", "question_mark", "f1"):
            await stage.press("question_mark")
            assert stage.is_on(HelpScreen)
            await stage.press(close)
            assert stage.is_on(JobsScreen)

    Stage().play(script)
