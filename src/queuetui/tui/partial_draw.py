"""Draws the changed cells of a screen, and no cell beside them.

Textual draws each changed span from the beginning of its widget's line, and sets and resets the colours of each. When the minute
turns, all ages of a list change: that would be the whole list again.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual.strip import Strip

_PLACE = "\0"
_RESET = "\x1b[0m"
# A vertical tab steps down and leaves the column, as a line feed would not behind a terminal's driver; there is always a line below.
_DOWN, _BACK = "\v", "\b"
_PARTS = frozenset({"chops", "spans", "chop_ends"})


class _Cut(NamedTuple):
    """A piece of a line that is to be drawn."""

    x: int
    y: int
    strip: Strip
    at_edge: bool


def is_partial(update: object) -> bool:
    """Tell whether a drawing of Textual's is of spans, as this module reads them."""
    return getattr(update, "__dict__", {}).keys() >= _PARTS


def draw_spans(update: Any, console: Console) -> str:  # noqa: ANN401 - a class of Textual's that has no public name
    """Return what draws the spans, column by column.

    What follows then mostly has the colours of what went before.
    """
    colours = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Strip.render reads it
    drawn: list[str] = []
    pen, before = "", None
    for cut in sorted(_cuts(update), key=lambda cut: cut[:2]):
        drawn.append(_move(before, cut))
        before, strip = cut, cut.strip
        for text, style, _ in strip:
            begin, end = _codes(style, colours)
            if begin != pen:
                drawn += [_RESET if pen else "", begin]
            drawn.append(text)
            pen = begin if end in {"", _RESET} else ""
            drawn.append("" if end in {"", _RESET} else end)
    drawn.append(_RESET if pen else "")
    return "".join(drawn)


def _cuts(update: Any) -> Iterator[_Cut]:  # noqa: ANN401 - as above
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, left), min(end, right)
            if strip is not None and start < stop:
                yield _Cut(start, y, strip.crop(start - x, stop - x), stop == update.chop_ends[y][-1])


def _move(before: _Cut | None, cut: _Cut) -> str:
    """Return what moves the terminal's cursor from behind one piece to the next, mostly below it."""
    is_below = before is not None and (before.x, before.y + 1) == (cut.x, cut.y)
    if before is None or not is_below or before.at_edge or not before.strip.text.isascii():
        return Control.move_to(cut.x, cut.y).segment.text
    cells = before.strip.cell_length
    # A step back is one byte, so few of them are shorter than the sequence for as many.
    back = _BACK * cells if cells <= len("\x1b[4D") else f"\x1b[{cells}D"
    return f"{_DOWN}{back}"


@lru_cache(1024)
def _codes(style: Style | None, colours: ColorSystem) -> tuple[str, str]:
    """Return what stands before and behind a text of a style."""
    if style is None:
        return "", ""
    begin, _, end = Strip.render_style(style, _PLACE, color_system=colours).partition(_PLACE)
    return begin, end
