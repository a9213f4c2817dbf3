"""A long text that scrolls, drawn line by line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.lines import Span, TextLine, wrap_spans
from queuetui.tui.widgets.tone_paint import TonePaint


class TextPane(ScrollView, can_focus=True):
    """Shows lines of safe text.

    The last span of a long line wraps below itself, or the line is cut when `wraps` is off.
    """

    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.TEXT)

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._lines: tuple[TextLine, ...] = ()
        self._laid_out: list[tuple[Span, ...]] = []
        self.wraps = True
        self._paint = TonePaint(self)

    def notify_style_update(self) -> None:
        """Redraw in the new colours."""
        super().notify_style_update()
        self._paint.forget()

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """The shown lines, before they are wrapped."""
        return self._lines

    def show(self, lines: Sequence[TextLine], *, from_top: bool = False) -> None:
        """Show a text; the scroll position is kept unless `from_top`."""
        if tuple(lines) != self._lines:
            self._lines = tuple(lines)
            self._lay_out()
        if from_top:
            self.scroll_to(0, 0, animate=False)

    def turn_wrapping(self) -> None:
        """Wrap long lines, or cut them."""
        self.wraps = not self.wraps
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._lay_out()

    def render_line(self, y: int) -> Strip:
        """Return one line of the text."""
        place = y + self.scroll_offset.y
        width = self.size.width
        spans = self._laid_out[place] if place < len(self._laid_out) else ()
        strip = Strip([Segment(span.text, self._paint.style_of(span.tone)) for span in spans])
        return strip.crop(self.scroll_offset.x, self.scroll_offset.x + width).adjust_cell_length(width, self.rich_style)

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width or self.size.width
        self._laid_out = [row.left for line in self._lines for row in self._rows_of(line, width)]
        self.virtual_size = Size(width, len(self._laid_out))
        self.refresh()

    def _rows_of(self, line: TextLine, width: int) -> list[TextLine]:
        return wrap_spans(line, width) if self.wraps and width > 0 else [line]
