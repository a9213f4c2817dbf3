"""The pane about the row under the cursor, beside or below its table.

Lines that do not fit are reached by scrolling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from queuetui.tui.present.lines import TextLine, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.text_lines import TextLines

RowRenderer = Callable[[int, int], Sequence[TextLine]]
"""Renders a row for a width in at most so many lines; if not all fit, the most important ones."""

_ALL_LINES = 100_000
_LEAST_CELLS = 20
_LEAST_LINES = 2
_MORE = "J more "
_BACK = "K back "


class RowPane(TextLines):
    """Shows the most important lines of a row, and the rest by scrolling; a new row begins at its top."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._key: str | None = None
        self._renderer: RowRenderer | None = None
        self._top = 0

    def show_row(self, key: str | None, renderer: RowRenderer | None) -> None:
        """Show the row with this key; both arguments are None if there is no row."""
        if key != self._key:
            self._key, self._top = key, 0
        self._renderer = renderer
        self._show_part()

    def scroll_lines(self, lines: int) -> None:
        """Scroll down, or up if `lines` is negative."""
        self._top = max(0, self._top + lines)
        self._show_part()

    def on_resize(self) -> None:
        """Render the row for the new size."""
        self._show_part()

    def _show_part(self) -> None:
        if self._renderer is None:
            self.show([])
            return
        width, height = max(_LEAST_CELLS, self.size.width), max(_LEAST_LINES, self.size.height)
        every = self._renderer(width, _ALL_LINES)
        self._top = min(self._top, max(0, len(every) - height))
        if len(every) <= height:
            self.show(every)
            return
        sign = _MORE if self._top + height < len(every) else _BACK
        if self._top:
            part = self._renderer(width - len(sign), _ALL_LINES)[self._top : self._top + height]
        else:
            part = self._renderer(width - len(sign), height)
        self.show([*part[:-1], TextLine(part[-1].left, (say(sign, Tone.MUTED),))])
