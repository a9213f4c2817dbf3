"""What a changed screen sends: the cells that changed, and nothing beside them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pyte
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from queuetui.tui.partial_draw import PartialDraw, is_partial

RED, BLUE = Style(color="#ff0000"), Style(color="#0000ff", bold=True)
CONSOLE = Console(force_terminal=True, color_system="truecolor", width=20)


Text = tuple[str, Style | None]


def update_of(lines: Sequence[Sequence[Text]], spans: list[tuple[int, int, int]]) -> Any:
    """Return a drawing as Textual makes it: each line is one widget of 10 cells, and one of 4 behind it."""
    chops = [
        {0: Strip([Segment(*one) for one in line]).crop(0, 10), 10: Strip([Segment(*one) for one in line]).crop(10, 14)}
        for line in lines
    ]
    return SimpleNamespace(chops=chops, spans=spans, chop_ends=[[10, 14]] * len(lines))


def shown(*sent: str) -> pyte.Screen:
    """Return what a terminal shows of what was sent."""
    screen = pyte.Screen(14, 2)
    stream = pyte.Stream(screen)
    for text in sent:
        stream.feed(text)
    return screen


def test_the_cells_of_the_spans_and_no_others_are_drawn() -> None:
    """Spans within a widget, across two of them and to the end show what the whole line would; cells beside them keep theirs."""
    old: Sequence[Sequence[Text]] = [[("age 4 m  why4", RED), ("x", None)], [("\u5e744 m  due  4", RED), ("y", BLUE)]]
    new: Sequence[Sequence[Text]] = [[("AGE 5 m  WHY5", BLUE), ("X", None)], [("\u67085 m  DUE  5", RED), ("Y", RED)]]
    before = PartialDraw().draw(update_of(old, [(0, 0, 14), (1, 0, 14)]), CONSOLE)
    assert shown(before).display == ["age 4 m  why4x", "\u5e744 m  due  4y"]
    after = PartialDraw().draw(update_of(new, [(0, 4, 5), (0, 8, 12), (1, 2, 3), (1, 13, 14)]), CONSOLE)
    screen = shown(before, after)
    assert screen.display == ["age 5 m  WHY4x", "\u5e745 m  due  4Y"]
    tones = [(screen.buffer[0][x].fg, screen.buffer[0][x].bold) for x in (3, 4, 5, 9, 12)]
    assert tones == [("ff0000", False), ("0000ff", True), ("ff0000", False), ("0000ff", True), ("ff0000", False)]
    assert after.endswith("\x1b[0m")


def test_neighbours_of_one_colour_set_it_once() -> None:
    """A column of figures that change costs a move and its figures each."""
    lines: Sequence[Sequence[Text]] = [[("a 12 m b 12 mm", RED)]] * 2
    sent = PartialDraw().draw(update_of(lines, [(0, 3, 4), (0, 10, 11), (1, 3, 4), (1, 10, 11)]), CONSOLE)
    assert (sent.count("\x1b[38"), sent.count("\x1b[0m")) == (1, 1)
    assert len(sent) < 60
    assert (
        shown(PartialDraw().draw(update_of(lines, [(0, 0, 14), (1, 0, 14)]), CONSOLE), sent).display
        == ["a 12 m b 12 mm"] * 2
    )


def test_what_was_drawn_is_not_drawn_again() -> None:
    """Of a line that comes again the cells that look otherwise are sent, and near ones with those between; all, once it is forgotten.

    Beside a wide character the whole piece is sent: half of one that is written over takes the other half away.
    """
    drawing = PartialDraw()
    every, sent, screen = [(0, 0, 14), (1, 0, 14)], [], shown()
    for lines in (
        [[("9s 3:14:48 abc", RED)], [("\u5e744 m  due  4y", RED)]],
        [[("8s 3:15:49 abc", RED)], [("\u5e744 m  due  4Y", RED)]],
        [[("8s 3:15:49 abc", BLUE)], [("a 4 m  due  4Y", RED)]],
        [[("8s 3:15:49 abc", BLUE)], [("a 4 m  due  4Y", RED)]],
    ):
        sent.append(drawing.draw(update_of(lines, every), CONSOLE))
        screen = shown(*sent)
        assert [line.rstrip() for line in screen.display] == ["".join(text for text, _ in line) for line in lines]
    assert ("5:49" in sent[1], "abc" in sent[1], "due" in sent[1]) == (True, False, True)
    assert screen.buffer[0][2].fg == "0000ff"
    assert sent[3] == ""
    drawing.forget()
    assert "8s" in drawing.draw(update_of(lines, every), CONSOLE)


class OneLine(Widget):
    """A widget of which one cell changes."""

    def render(self) -> str:
        """Return its text."""
        return "0123456789"


class OneApp(App[None]):
    """An application with it."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield OneLine()


def test_textual_makes_drawings_as_they_are_read() -> None:
    """A refreshed region comes as spans with these names: were it otherwise, the console would draw as Textual does."""
    asyncio.run(look_at_drawings())


async def look_at_drawings() -> None:
    """Refresh one cell, then all."""
    app = OneApp()
    async with app.run_test(size=(20, 3)) as pilot:
        await pilot.pause()
        app.query_one(OneLine).refresh(Region(3, 0, 2, 1))
        compositor = app.screen._compositor
        compositor.update_widgets({app.query_one(OneLine)})
        update = compositor.render_update()
        assert is_partial(update)
        assert "34" in PartialDraw().draw(update, CONSOLE)
        assert not is_partial(compositor.render_update(full=True))
