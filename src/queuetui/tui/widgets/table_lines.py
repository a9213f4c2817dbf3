"""One line of a table: its content, the difference from another line, and the segments that draw it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from queuetui.model.text import ELLIPSIS
from queuetui.tui.present.cells import fit
from queuetui.tui.present.symbols import Symbols
from queuetui.tui.present.table import Cell, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.table_layout import GAP_CELLS, GUTTER_CELLS, PlacedColumn


class Line(NamedTuple):
    """A visible row with all that decides how it is drawn."""

    row: Row
    is_cursor: bool
    is_marked: bool


class CellSpan(NamedTuple):
    """Cells of a line from `start` up to, not including, `end`."""

    start: int
    end: int


class Piece(NamedTuple):
    """A run of text of one tone."""

    text: str
    tone: Tone


def changed_spans(
    old: Line | None, new: Line | None, placed: Sequence[PlacedColumn], width: int
) -> tuple[CellSpan, ...]:
    """Return the cells to draw again to turn one line into the other, none when they look alike."""
    if old is new or old == new:
        return ()
    if old is None or new is None or old[1:] != new[1:]:
        return (CellSpan(0, width),)
    changes = (_changed_in(column, old.row.cells[column.place], new.row.cells[column.place]) for column in placed)
    return tuple(
        CellSpan(span.start, min(span.end, width)) for span in changes if span is not None and span.start < width
    )


def _changed_in(column: PlacedColumn, old: Cell, new: Cell) -> CellSpan | None:
    """Return the visible change in one column.

    Text that is cut off is ignored, and so are an unchanged beginning and end.
    """
    if old == new:
        return None
    before, after = (fit(cell.text, column.width, column.column.align) for cell in (old, new))
    if _tone_of(old, column) != _tone_of(new, column) or not f"{before}{after}".replace(ELLIPSIS, "").isascii():
        return CellSpan(column.x, column.end)
    changed = [place for place, (one, other) in enumerate(zip(before, after, strict=True)) if one != other]
    return CellSpan(column.x + changed[0], column.x + changed[-1] + 1) if changed else None


def row_pieces(line: Line, placed: Sequence[PlacedColumn], symbols: Symbols, width: int) -> Iterator[Piece]:
    """Yield the gutter, the cells of a row, each in its exact width, and the room behind them."""
    cursor = symbols.cursor if line.is_cursor else " "
    mark = symbols.mark if line.is_marked else " "
    yield Piece(f"{cursor}{mark}".ljust(GUTTER_CELLS), Tone.PLAIN)
    for column in placed:
        cell = line.row.cells[column.place]
        text = fit(cell.text, column.width, column.column.align, symbols.ellipsis)
        yield from gap_before(column)
        yield Piece(text, _tone_of(cell, column))
    yield Piece(" " * (width - end_of(placed)), Tone.PLAIN)


def merge_pieces(pieces: Iterable[Piece], style_of: Callable[[Tone], Style]) -> list[Segment]:
    """Join neighbours of one style, as each segment costs its escape sequences."""
    styled = ((piece.text, style_of(piece.tone)) for piece in pieces)
    return [
        Segment("".join(text for text, _ in run), style) for style, run in groupby(styled, key=lambda pair: pair[1])
    ]


def end_of(placed: Sequence[PlacedColumn]) -> int:
    """Return the first cell behind the last column."""
    return placed[-1].end if placed else GUTTER_CELLS


def gap_before(column: PlacedColumn) -> Iterator[Piece]:
    """Yield the blank between a column and the one before it."""
    if column.x > GUTTER_CELLS:
        yield Piece(" " * GAP_CELLS, Tone.PLAIN)


def _tone_of(cell: Cell, column: PlacedColumn) -> Tone:
    if cell.tone is not None:
        return cell.tone
    return column.column.tone(cell.text) if column.column.tone else Tone.PLAIN
