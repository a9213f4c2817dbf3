"""A store is told apart by the colour of its profile, and states by theirs, also on a terminal of 16 colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import pytest
from rich.color import Color

from queuetui.config.profile import COLOURS
from queuetui.model.state import State
from queuetui.operate.rights import Right
from queuetui.tui.app import QueueTui
from queuetui.tui.present.tones import Tone
from queuetui.tui.terminal import has_few_colours
from queuetui.tui.widgets.text_lines import TextLines
from queuetui.tui.widgets.tone_paint import TonePaint
from tests.tui.stage import PROFILE, Stage

STATES = [Tone.STUCK, *(Tone(state) for state in State if state not in {State.BLOCKED, State.CANCELLED})]


@pytest.mark.parametrize(
    ("environment", "is_few"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "screen"}, True),
        ({"TERM": "linux"}, True),
        ({"TERM": "xterm-16color"}, True),
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "tmux-256color"}, False),
        ({"TERM": "xterm-kitty"}, False),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, False),
        ({"TERM": "xterm-256color", "TEXTUAL_COLOR_SYSTEM": "standard"}, True),
    ],
)
def test_a_terminal_says_how_many_colours_it_has(environment: Mapping[str, str], is_few: bool) -> None:
    """By its name, unless the person said otherwise."""
    assert has_few_colours(environment) is is_few


@pytest.mark.parametrize("few", [False, True], ids=["many", "16"])
def test_states_and_profiles_have_looks_of_their_own(few: bool) -> None:
    """No two states look alike, and every profile's first line has another background."""
    backgrounds = []
    for colour in ("", *COLOURS):
        stage = Stage(profile=replace(PROFILE, colour=colour), right=Right.READ)
        stage.app = QueueTui(stage.app.session, has_few_colours=few)

        async def script(stage: Stage) -> None:
            heading = stage.app.screen.query_one("#heading", TextLines)
            backgrounds.append(heading.rich_style.bgcolor)
            assert " READ-ONLY " in {
                span.text for line in heading.lines for span in line.left if span.tone is Tone.BADGE
            }
            table = stage.table()
            looks = {tone: table._style_of(tone, is_cursor=False, is_marked=False) for tone in STATES}
            assert all(looks[one] != looks[other] for one, other in combinations(STATES, 2))

        stage.play(script)
    assert len(set(backgrounds)) == len(COLOURS) + 1


def luminance(colour: Color | None) -> float:
    """Return how light a colour is, as WCAG has it."""
    assert colour is not None
    parts = [part / 255 for part in colour.get_truecolor()]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_tone_can_be_read_on_a_light_theme() -> None:
    """Words beside the tables too: a theme's own yellow and green are too pale there."""

    async def script(stage: Stage) -> None:
        stage.app.theme = "textual-light"
        await stage.pilot.pause()
        paint = TonePaint(stage.app.screen.query_one("#crumbs", TextLines))
        for tone in Tone:
            style = paint.style_of(tone)
            light, dark = luminance(style.bgcolor), luminance(style.color)
            assert (light + 0.05) / (dark + 0.05) > 4.5, tone

    Stage().play(script)
