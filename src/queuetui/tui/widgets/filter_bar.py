"""The filter line; an error is shown right below its place in the filter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Input

from queuetui.model.errors import BadQuery
from queuetui.model.query import FIELDS
from queuetui.model.query_parser import parse_query
from queuetui.tui.present.filter_form import error_lines
from queuetui.tui.present.lines import line_of, say
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.one_line import OneLine
from queuetui.tui.widgets.text_lines import TextLines

_SETTLE_S = 0.15
_PROMPT = " / "


_OF_JOBS = 'state:failed queue:mail age>1h error~"timed out" -type:Send*'


def _unfinished(text: str, fields: Collection[str]) -> list[str]:
    """Return the fields whose names begin with the last word.

    The filter is not applied while the last word may become one of them.
    """
    word = text.rpartition(" ")[2].removeprefix("-").lower()
    return [field for field in fields if word and field.startswith(word)]


class FilterBar(Vertical):
    """Hidden until it is opened; posts a filter once it is valid and typing has paused."""

    @dataclass
    class Filtered(Message):
        """The text is a valid filter; `kept` is true if Enter ended the typing."""

        text: str
        kept: bool

    def __init__(
        self,
        id: str,  # noqa: A002 - Textual's own name for it
        read: Callable[[str], object] = parse_query,
        fields: Collection[str] = FIELDS,
        example: str = _OF_JOBS,
    ) -> None:
        super().__init__(id=id)
        self._read = read
        self._fields = fields
        self._example = example
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out the field and the line below it."""
        yield TextLines("filter-prompt")
        yield OneLine(
            id="filter-text",
            placeholder=self._example,
            compact=True,
            select_on_focus=False,
        )
        yield TextLines("filter-error")

    def on_mount(self) -> None:
        """Switch off the blinking of the cursor: nothing on the screen moves by itself."""
        self._field.cursor_blink = False
        self.query_one("#filter-prompt", TextLines).show([line_of(say(_PROMPT, Tone.STRONG))])

    @property
    def is_open(self) -> bool:
        """Whether a filter is being typed."""
        return self.has_class("-open")

    def open(self, text: str) -> None:
        """Open the line with this text."""
        self.add_class("-open")
        self._field.value = text
        self._field.cursor_position = len(text)
        self._field.focus()

    def close(self) -> None:
        """Close the line."""
        self.remove_class("-open")
        self._stop_settling()
        self._show_error(None)

    @on(Input.Changed)
    def _wait_for_pause(self, event: Input.Changed) -> None:
        event.stop()
        self._stop_settling()
        if not self.is_open or not self._show_error(self._error_of(event.value)):
            return
        begun = _unfinished(event.value, self._fields)
        if begun:
            self._show_waiting(event.value, begun)
        else:
            self._settling = self.set_timer(
                _SETTLE_S, lambda: self.post_message(self.Filtered(event.value, kept=False))
            )

    @on(Input.Submitted)
    def _keep(self, event: Input.Submitted) -> None:
        event.stop()
        if self._show_error(self._error_of(event.value)):
            self._stop_settling()
            self.post_message(self.Filtered(event.value, kept=True))

    def _stop_settling(self) -> None:
        if self._settling is not None:
            self._settling.stop()

    def _error_of(self, text: str) -> BadQuery | None:
        try:
            self._read(text)
        except BadQuery as error:
            return error
        return None

    def _show_error(self, error: BadQuery | None) -> bool:
        """Show an error below its place; return True if there is none."""
        self.set_class(error is not None, "-wrong")
        if error is not None:
            lines = error_lines(error, len(_PROMPT), self.app.size.width)
            self.query_one("#filter-error", TextLines).show(lines)
        return error is None

    def _show_waiting(self, text: str, begun: Sequence[str]) -> None:
        """Say that the filter is not applied yet, and which fields the last word may become."""
        word = text.rpartition(" ")[2]
        told = f"waiting: {word} may become {' or '.join(f'{field}:' for field in begun)}; Enter looks for the word"
        self.add_class("-wrong")
        self.query_one("#filter-error", TextLines).show([line_of(say(f" {told}", Tone.MUTED, 1000))])

    @property
    def _field(self) -> Input:
        return self.query_one("#filter-text", Input)
