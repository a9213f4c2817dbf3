"""Lines of safe text that repaint one by one, and only when they changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from queuetui.model.text import ELLIPSIS
from queuetui.tui.present.lines import BLANK, Span, TextLine, cells_of, line_of, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.tone_paint import TonePaint

_GAP_CELLS = 2


class TextLines(Widget):
    """Shows lines exactly as given; one that is cut at its width ends in an ellipsis."""

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id, classes=classes)
        self._lines: tuple[TextLine, ...] = ()
        self._paint = TonePaint(self)

    def notify_style_update(self) -> None:
        """Redraw in the new colours."""
        super().notify_style_update()
        self._paint.forget()

    @property
    def lines(self) -> tuple[TextLine, ...]:
        """The shown lines."""
        return self._lines

    def show(self, lines: Sequence[TextLine]) -> None:
        """Show these lines; unchanged ones are not painted again."""
        before, self._lines = self._lines, tuple(lines)
        if self._needs_other_room(before):
            self.refresh(layout=True)
            return
        for number in range(max(len(before), len(self._lines))):
            old = before[number] if number < len(before) else BLANK
            new = self._lines[number] if number < len(self._lines) else BLANK
            if old != new and self._strip(old) != self._strip(new):
                self.refresh(Region(0, number, self.size.width, 1))

    def say(self, text: str, tone: Tone = Tone.PLAIN) -> None:
        """Show one line of one tone."""
        self.show([line_of(say(text, tone))])

    def get_content_width(self, container: object, viewport: object) -> int:
        """Return the cells of the longest line, for a widget whose width depends on its text."""
        return _longest(self._lines)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Return the number of lines, for a widget whose height depends on its text."""
        return len(self._lines)

    def render_line(self, y: int) -> Strip:
        """Return one line."""
        return self._strip(self._lines[y] if y < len(self._lines) else BLANK)

    def _strip(self, line: TextLine) -> Strip:
        width = self.size.width
        return Strip(list(self._segments(line, width))).adjust_cell_length(width, self.rich_style)

    def _segments(self, line: TextLine, width: int) -> Iterator[Segment]:
        right_cells = min(cells_of(line.right), width)
        room = max(0, width - right_cells - (_GAP_CELLS if right_cells else 0))
        left = Strip([self._segment(span) for span in line.left])
        if cell_len(left.text.rstrip()) > room > 0:
            kept = list(left.crop(0, room - 1))
            left = Strip([*kept, Segment(ELLIPSIS, kept[-1].style if kept else self.rich_style)])
        yield from left.adjust_cell_length(room, self.rich_style)
        if right_cells:
            yield Segment(" " * min(_GAP_CELLS, width - right_cells), self.rich_style)
            yield from (self._segment(span) for span in line.right)

    def _segment(self, span: Span) -> Segment:
        return Segment(span.text, self._paint.style_of(span.tone))

    def _needs_other_room(self, before: tuple[TextLine, ...]) -> bool:
        """Tell whether a size that depends on the text has changed with it."""
        is_other_height = self.styles.is_auto_height and len(before) != len(self._lines)
        return is_other_height or (self.styles.is_auto_width and _longest(before) != _longest(self._lines))


class HeadingLines(TextLines):
    """A part of the first line, where muted text has another style on a profile's colour."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tone--{Tone.MUTED}"}


def _longest(lines: tuple[TextLine, ...]) -> int:
    return max((cells_of(line.left) + cells_of(line.right) for line in lines), default=0)
