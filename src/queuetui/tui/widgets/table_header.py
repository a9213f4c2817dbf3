"""The header line of a table: titles, arrows of the order, and marks for hidden columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from queuetui.model.query import Sort
from queuetui.model.text import sanitize
from queuetui.tui.present.cells import Align, fit
from queuetui.tui.present.symbols import Symbols
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.table_layout import GUTTER_CELLS, PlacedColumn, TableLayout
from queuetui.tui.widgets.table_lines import Piece, end_of, gap_before

MORE_CELLS = 4
SIGN_CELLS = 1


def room_for_mark(layout: TableLayout, width: int) -> int:
    """Return the cells behind the last title, which hold the mark for columns further right."""
    if not layout.placed:
        return width
    last = layout.placed[-1]
    is_left = last.column.align is Align.LEFT
    return width - (last.x + min(last.width, len(last.column.title) + 1) if is_left else last.end)


def header_pieces(layout: TableLayout, order: Sequence[Sort], symbols: Symbols, width: int) -> Iterator[Piece]:
    """Yield the titles; the title of a sorted column leaves room for its arrow."""
    before = symbols.more_before if layout.before else " "
    text = before.ljust(GUTTER_CELLS)
    for column in layout.placed:
        text += "".join(piece.text for piece in gap_before(column)) + _title(column, order, symbols)
    text += " " * (width - end_of(layout.placed))
    if layout.behind:
        room = room_for_mark(layout, width)
        mark = f"+{layout.behind}{symbols.more_behind}" if room >= MORE_CELLS else symbols.more_behind
        text = text[: width - len(mark)] + mark
    yield Piece(text, Tone.PLAIN)


def _title(column: PlacedColumn, order: Sequence[Sort], symbols: Symbols) -> str:
    title = sanitize(column.column.title)
    sort = next((one for one in order if one.field == column.column.key), None)
    if sort is None:
        return fit(title, column.width, column.column.align, symbols.ellipsis)
    arrow = symbols.descending if sort.descending else symbols.ascending
    room = max(0, column.width - 1)
    if cell_len(title) > room:
        return fit(title, room, ellipsis=symbols.ellipsis) + arrow
    return fit(sanitize(f"{title}{arrow}"), column.width, column.column.align)
