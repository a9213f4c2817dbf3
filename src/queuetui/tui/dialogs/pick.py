"""The base of dialogs with a list to choose from, which typing narrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from queuetui.model.text import sanitize
from queuetui.tui.actions import KeyPlace, bindings_at, key_at
from queuetui.tui.present.lines import line_of, say, wrap
from queuetui.tui.present.table import Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screen_removal import RemovableScreen
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.one_line import OneLine
from queuetui.tui.widgets.text_lines import TextLines

LEAVE = key_at(KeyPlace.PICK, "leave list")
MOVE = f"{key_at(KeyPlace.PICK, 'list up')}/{key_at(KeyPlace.PICK, 'list down')}"

_HINT_CAP = 1000
_LEAST_CELLS = 20


class PickDialog(ModalScreen["str | None"], RemovableScreen["str | None"]):
    """Typing narrows the list, Enter chooses a row and returns its key, Esc closes the dialog."""

    AUTO_FOCUS = "#pick-text"
    COLUMNS: ClassVar[tuple[Column, ...]]
    TITLE_TEXT: ClassVar[str]
    HINT: ClassVar[str] = f"type to narrow   {MOVE} move   enter takes   {LEAVE} leaves"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.PICK)

    def __init__(self) -> None:
        super().__init__()
        self.has_moved = False
        self._hint_of: str | None = None
        self._hint = say(self.HINT, Tone.MUTED, _HINT_CAP)

    def compose(self) -> ComposeResult:
        """Lay out the field above its list."""
        with Vertical(classes="dialog pick"):
            yield TextLines("title", "title")
            yield OneLine(id="pick-text", compact=True, select_on_focus=False)
            yield LiveTable(self.COLUMNS, id="pick-list", empty_text=sanitize("nothing of that name"))
            yield TextLines("hint", "hint")

    def on_mount(self) -> None:
        """Show the whole list."""
        self.query_one("#title", TextLines).show([line_of(say(self.TITLE_TEXT, Tone.STRONG))])
        self.say_hint(self.HINT)
        self.query_one("#pick-text", Input).cursor_blink = False
        self._table.can_focus = False
        self._table.set_rows(self.rows_for(""))

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the rows that match the typed text."""
        raise NotImplementedError

    def take(self, key: str | None, text: str) -> None:
        """Return the row under the cursor as the choice; `text` is the typed text."""
        if key is not None:
            self.dismiss(key)

    def say_hint(self, text: str, tone: Tone = Tone.MUTED) -> None:
        """Show a hint below the list, about the present text of the field."""
        self._hint_of, self._hint = self.typed, say(text, tone, _HINT_CAP)
        self._show_hint()

    def on_resize(self) -> None:
        """Fit the line below the list to the new width."""
        self.call_after_refresh(self._show_hint)

    def _show_hint(self) -> None:
        line = self.query_one("#hint", TextLines)
        texts = wrap(self._hint.text, max(_LEAST_CELLS, line.size.width))
        line.show([line_of(say(text.strip(), self._hint.tone, _HINT_CAP)) for text in texts])

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Show other rows; the cursor stays on its own."""
        self._table.set_rows(rows, cursor_key=self.selected_key)

    def action_leave(self) -> None:
        """Close and choose nothing."""
        self.dismiss(None)

    def action_move(self, lines: int) -> None:
        """Move in the list while the field keeps the focus."""
        self.has_moved = True
        self._table.action_move(lines)

    @on(Input.Changed, "#pick-text")
    def _narrow(self, event: Input.Changed) -> None:
        self.has_moved = False
        if self._hint_of != event.value:
            self.say_hint(self.HINT)
        rows = self.rows_for(event.value)
        self._table.set_rows(rows, cursor_key=rows[0].key if rows else None)

    @on(Input.Submitted, "#pick-text")
    def _take(self, event: Input.Submitted) -> None:
        self.take(self._table.cursor_key, event.value)

    @property
    def selected_key(self) -> str | None:
        """The key under the cursor."""
        return self._table.cursor_key

    @property
    def typed(self) -> str:
        """The text of the field."""
        return self.query_one("#pick-text", Input).value

    def write_text(self, text: str) -> None:
        """Put text into the field as if it had been typed."""
        field = self.query_one("#pick-text", Input)
        field.value = text
        field.cursor_position = len(text)

    @property
    def _table(self) -> LiveTable:
        return self.query_one("#pick-list", LiveTable)
