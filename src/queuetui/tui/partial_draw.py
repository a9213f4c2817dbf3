"""Draws the changed cells of a screen and no others.

Textual draws each changed span from the beginning of its widget's line, and sets and resets the colours of each. Once a
minute all ages of a list change, for which it would draw the whole list, and for the clock the whole first line.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from rich.cells import get_character_cell_size
from rich.color import ColorSystem
from rich.console import Console
from rich.control import Control
from rich.style import Style
from textual.strip import Strip

_PLACE = "\0"
_RESET = "\x1b[0m"
# A vertical tab moves down within the column; a terminal driver turns a line feed into a new line. There is always a line below.
_DOWN, _BACK = "\v", "\b"
_PARTS = frozenset({"chops", "spans", "chop_ends"})
# Gaps of unchanged cells up to this length are drawn too: moving the cursor over them would take more bytes.
_BRIDGED_CELLS = 4
_Codes = tuple[str, str]
_Cell = tuple[str, _Codes]


class _Run(NamedTuple):
    """Adjacent cells of a line that are to be drawn; `is_plain` if each holds one character."""

    x: int
    y: int
    pieces: tuple[_Cell, ...]
    cells: int
    is_plain: bool
    at_edge: bool


def is_partial(update: object) -> bool:
    """Tell whether an update of Textual's consists of spans in the form that this module reads."""
    return getattr(update, "__dict__", {}).keys() >= _PARTS


class PartialDraw:
    """Draws spans, except for cells that look as they were drawn before.

    It knows only what it has drawn itself: call `forget` when anything else draws on the screen.
    """

    def __init__(self) -> None:
        self._drawn: dict[tuple[int, int], _Cell] = {}

    def forget(self) -> None:
        """Forget all drawn cells."""
        self._drawn.clear()

    def draw(self, update: Any, console: Console) -> str:  # noqa: ANN401 - Textual's class has no public name
        """Return the text and escape sequences that draw the spans, column by column.

        Neighbours in a column mostly share their colours, which saves sequences.
        """
        colours = console._color_system or ColorSystem.TRUECOLOR  # noqa: SLF001 - as Strip.render reads it
        runs = [run for cut in _cuts(update) for run in self._changed(*cut, colours)]
        drawn: list[str] = []
        pen, before = "", None
        for run in sorted(runs, key=lambda run: run[:2]):
            drawn.append(_move(before, run))
            before = run
            for text, (begin, end) in run.pieces:
                if begin != pen:
                    drawn += [_RESET if pen else "", begin]
                drawn.append(text)
                pen = begin if end in {"", _RESET} else ""
                drawn.append("" if end in {"", _RESET} else end)
        drawn.append(_RESET if pen else "")
        return "".join(drawn)

    def _changed(self, x: int, y: int, strip: Strip, at_edge: bool, colours: ColorSystem) -> Iterator[_Run]:
        """Yield the runs of a piece of a line that differ from the cells drawn before."""
        pieces = [(text, _codes(style, colours)) for text, style, _ in strip]
        if not _is_plain(strip.text):
            # Drawing over one half of a wide character erases its other half.
            for place in range(x, x + strip.cell_length):
                self._drawn.pop((y, place), None)
            yield _Run(x, y, tuple(pieces), strip.cell_length, is_plain=False, at_edge=at_edge)
            return
        cells = [(character, codes) for text, codes in pieces for character in text]
        places = [(y, place) for place in range(x, x + len(cells))]
        other = [n for n, cell in enumerate(cells) if self._drawn.get(places[n]) != cell]
        self._drawn.update(zip(places, cells, strict=True))
        for begin, end in _spans_of(other):
            run = tuple(cells[begin:end])
            yield _Run(x + begin, y, run, len(run), is_plain=True, at_edge=at_edge and end == len(cells))


def _spans_of(places: list[int]) -> Iterator[tuple[int, int]]:
    """Yield spans that cover these places; places with a short gap between them share a span."""
    begin = end = None
    for place in places:
        if begin is None or end is None:
            begin = place
        elif place - end > _BRIDGED_CELLS:
            yield begin, end
            begin = place
        end = place + 1
    if begin is not None and end is not None:
        yield begin, end


def _cuts(update: Any) -> Iterator[tuple[int, int, Strip, bool]]:  # noqa: ANN401 - as above
    """Yield column, line and text of each piece to be drawn, and whether it ends at the edge."""
    for y, left, right in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            start, stop = max(x, left), min(end, right)
            if strip is not None and start < stop:
                yield start, y, strip.crop(start - x, stop - x), stop == update.chop_ends[y][-1]


def _is_plain(text: str) -> bool:
    """Tell whether each character of a text fills one cell."""
    return text.isascii() or all(get_character_cell_size(character) == 1 for character in text)


def _move(before: _Run | None, run: _Run) -> str:
    """Return the sequence that moves the cursor from the end of one run to the next, mostly below it."""
    is_below = before is not None and (before.x, before.y + 1) == (run.x, run.y)
    if before is None or not is_below or before.at_edge or not before.is_plain:
        return Control.move_to(run.x, run.y).segment.text
    # A backspace is one byte, so a few of them are shorter than the sequence that moves back.
    back = _BACK * before.cells if before.cells <= len("\x1b[4D") else f"\x1b[{before.cells}D"
    return f"{_DOWN}{back}"


@lru_cache(1024)
def _codes(style: Style | None, colours: ColorSystem) -> _Codes:
    """Return the escape sequences before and after a text of a style."""
    if style is None:
        return "", ""
    begin, _, end = Strip.render_style(style, _PLACE, color_system=colours).partition(_PLACE)
    return begin, end
