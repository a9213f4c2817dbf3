"""The painting half of the live table: which lines must be drawn again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from queuetui.model.query import Sort
from queuetui.model.text import SafeText, sanitize
from queuetui.tui.present.cells import fit
from queuetui.tui.present.lines import wrap
from queuetui.tui.present.symbols import Symbols
from queuetui.tui.present.table import Column
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.content_widths import ContentWidths
from queuetui.tui.widgets.table_header import MORE_CELLS, SIGN_CELLS, header_pieces, room_for_mark
from queuetui.tui.widgets.table_layout import GUTTER_CELLS, PlacedColumn, TableLayout, lay_out
from queuetui.tui.widgets.table_lines import CellSpan, Line, changed_spans, merge_pieces, row_pieces
from queuetui.tui.widgets.table_rows import TableRows

HEADER_LINES = 1
_NO_TEXT = sanitize("")


class TableView(Widget):
    """A header above a window of rows; a change inside `_repainting` redraws only the difference."""

    ALLOW_SELECT: ClassVar[bool] = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "live-table--header",
        "live-table--row",
        "live-table--cursor",
        "live-table--marked",
        "live-table--stale",
        "live-table--empty",
        *(f"live-table--{tone}" for tone in Tone),
    }

    stale: reactive[bool] = reactive(False, toggle_class="-stale")
    """Whether the rows are stale: they stay, dimmed."""

    def __init__(
        self,
        columns: Sequence[Column],
        empty_text: SafeText,
        symbols: Symbols,
        widget_id: str | None,
        classes: str | None,
    ) -> None:
        super().__init__(id=widget_id, classes=classes)
        self._columns = tuple(columns)
        self._empty_text = empty_text
        self._symbols = symbols
        self._order: tuple[Sort, ...] = ()
        self._rows = TableRows()
        self._top = 0
        self._widths = ContentWidths()
        self._step = 0
        self._layout: TableLayout | None = None
        self._layout_width = -1
        self._styles: dict[tuple[Tone, bool, bool], Style] = {}

    def render_line(self, y: int) -> Strip:
        """Return the header, a row, or the sentence shown in place of rows."""
        if y < HEADER_LINES:
            return self._header_strip()
        line = self._line_at(y - HEADER_LINES)
        if line is not None:
            return self._row_strip(line)
        if not self._rows.rows:
            return self._empty_strip(y - HEADER_LINES)
        return Strip.blank(self.size.width, self._style_of(Tone.PLAIN, is_cursor=False, is_marked=False))

    def notify_style_update(self) -> None:
        """Forget the styles that a theme, a class or the focus has changed."""
        self._styles.clear()
        super().notify_style_update()

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        top = self._top
        self._keep_cursor_in_view()
        self._measure(is_reading=False)
        if self._top != top:
            self.refresh()

    @property
    def _placed(self) -> tuple[PlacedColumn, ...]:
        """The visible columns."""
        return self._laid_out.placed

    @property
    def _laid_out(self) -> TableLayout:
        """The layout of the columns.

        It is computed on access, as Textual may paint in a new size before the resize event.
        """
        if self._layout is None or self._layout_width != self.size.width:
            self._layout_width = self.size.width
            self._layout = self._lay_out()
        return self._layout

    def _lay_out(self) -> TableLayout:
        contents = self._widths.cells or None
        sorted_by = self._order[-1].field if self._order else ""
        width = self.size.width
        layout = lay_out(self._columns, width, contents, self._step, sorted_by)
        if not layout.behind or room_for_mark(layout, width) >= MORE_CELLS:
            return layout
        told = lay_out(self._columns, width - MORE_CELLS, contents, self._step, sorted_by)
        if told.behind == layout.behind:
            return told
        return lay_out(self._columns, width - SIGN_CELLS, contents, self._step, sorted_by)

    def _relay(self) -> bool:
        """Lay the columns out again; tell whether that changed anything."""
        before, self._layout = self._laid_out, None
        return self._laid_out != before

    def _exchange_columns(self, columns: Sequence[Column]) -> None:
        self._columns = tuple(columns)
        self._step = 0
        self._widths.forget()
        self._layout = None

    def _measure(self, *, is_reading: bool) -> None:
        """Fit the columns to the visible rows, and repaint the table if a column moved."""
        visible = self._rows.rows[self._top : self._top + self._body_height]
        if visible and not self._widths.look_at(self._columns, visible, is_reading=is_reading):
            return
        if self._relay():
            self.refresh(Region(0, 0, self.size.width, HEADER_LINES + len(visible)))

    # The window onto the rows

    @property
    def _body_height(self) -> int:
        return max(0, self.size.height - HEADER_LINES)

    def _line_at(self, offset: int) -> Line | None:
        place = self._top + offset
        if not 0 <= place < len(self._rows):
            return None
        row = self._rows.rows[place]
        return Line(row, place == self._rows.cursor, self._rows.is_marked(row.key))

    def _visible_lines(self) -> list[Line | None]:
        return [self._line_at(offset) for offset in range(self._body_height)]

    def _keep_cursor_in_view(self) -> None:
        height, cursor = self._body_height, self._rows.cursor
        top = max(0, min(self._top, len(self._rows) - height))
        self._top = max(cursor - height + 1, min(top, cursor)) if height else top

    # What must be drawn again

    @contextmanager
    def _repainting(self, *, is_reading: bool = False) -> Iterator[None]:
        before = self._visible_lines()
        yield
        self._keep_cursor_in_view()
        self._measure(is_reading=is_reading)
        after = self._visible_lines()
        for y, (old, new) in enumerate(zip_longest(before, after), start=HEADER_LINES):
            for span in changed_spans(old, new, self._placed, self.size.width):
                self._refresh_cells(y, span)

    def _refresh_cells(self, y: int, span: CellSpan) -> None:
        self.refresh(Region(span.start, y, span.end - span.start, 1))

    def _refresh_whole_line(self, y: int) -> None:
        self._refresh_cells(y, CellSpan(0, self.size.width))

    # Strips and styles

    def _header_strip(self) -> Strip:
        style = self.get_component_rich_style("live-table--header")
        pieces = header_pieces(self._laid_out, self._order, self._symbols, self.size.width)
        return self._strip(merge_pieces(pieces, lambda _: style))

    def _row_strip(self, line: Line) -> Strip:
        def style_of(tone: Tone) -> Style:
            return self._style_of(tone, is_cursor=line.is_cursor, is_marked=line.is_marked)

        return self._strip(merge_pieces(row_pieces(line, self._placed, self._symbols, self.size.width), style_of))

    def _empty_strip(self, number: int) -> Strip:
        """Return one line of the sentence shown in place of rows."""
        style = self.get_component_rich_style("live-table--empty")
        width = self.size.width - GUTTER_CELLS
        lines = wrap(self._empty_text, width)
        text = fit(lines[number] if number < len(lines) else _NO_TEXT, width, ellipsis=self._symbols.ellipsis)
        return self._strip([Segment(" " * GUTTER_CELLS + text, style)])

    def _strip(self, segments: list[Segment]) -> Strip:
        """Return segments as a strip, cut on a screen that is narrower than the gutter."""
        return Strip(segments).crop(0, self.size.width)

    def _style_of(self, tone: Tone, *, is_cursor: bool, is_marked: bool) -> Style:
        key = (tone, is_cursor, is_marked)
        if key not in self._styles:
            self._styles[key] = self._make_style(tone, is_cursor=is_cursor, is_marked=is_marked)
        return self._styles[key]

    def _make_style(self, tone: Tone, *, is_cursor: bool, is_marked: bool) -> Style:
        if is_cursor:
            return self.get_component_rich_style("live-table--cursor")
        style = self.get_component_rich_style("live-table--row")
        if tone is not Tone.PLAIN:
            style += self.get_component_rich_style(f"live-table--{tone}")
        if is_marked:
            style += self.get_component_rich_style("live-table--marked", partial=True)
        if self.stale:
            style += self.get_component_rich_style("live-table--stale")
        return style
