"""The choice of the columns that a list shows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from queuetui.model.text import sanitize
from queuetui.tui.dialogs.pick import LEAVE, MOVE, PickDialog
from queuetui.tui.present.column_choice import ColumnChoice, choosable
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

_ALL = ""


class ColumnsDialog(PickDialog):
    """Enter shows or hides a column at once.

    `take_choice` receives each change and returns the columns that are then on the screen.
    """

    TITLE_TEXT = "Columns"
    HINT = f"type to narrow   {MOVE} move   enter shows or hides   {LEAVE} closes"
    COLUMNS = (Column("column", "column", 12, 24, flex=1), Column("now", "now", 28, flex=1))

    def __init__(
        self,
        columns: Sequence[Column],
        choice: ColumnChoice,
        shown: Collection[str],
        take_choice: Callable[[ColumnChoice], Collection[str]],
    ) -> None:
        super().__init__()
        self._columns = choosable(columns)
        self._choice = choice
        self._on_screen = shown
        self._take_choice = take_choice

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the columns whose names hold the typed text, and the row that resets all choices."""
        wanted = text.casefold()
        found = [self._row(column) for column in self._columns if wanted in _name_of(column).casefold()]
        words = "as the console chooses"
        now = "now" if self._choice == ColumnChoice() else ""
        own = Row(_ALL, (Cell(sanitize(words)), Cell(sanitize(now), Tone.MUTED)))
        return [*found, own] if wanted in words else found

    def take(self, key: str | None, text: str) -> None:
        """Show or hide the column under the cursor, and stay."""
        if key is None:
            return
        self._choice = self._choice.turned(key, is_on_screen=key in self._on_screen) if key != _ALL else ColumnChoice()
        self._on_screen = self._take_choice(self._choice)
        self.show_rows(self.rows_for(text))

    def on_resize(self) -> None:
        """Show which columns fit the new width."""
        super().on_resize()
        self.call_after_refresh(self._look_again)

    def _look_again(self) -> None:
        self._on_screen = self._take_choice(self._choice)
        self.show_rows(self.rows_for(self.typed))

    def _row(self, column: Column) -> Row:
        if column.key in self._choice.hidden:
            now = Cell(sanitize("hidden"), Tone.MUTED)
        elif column.key in self._on_screen:
            now = Cell(sanitize("shown"))
        else:
            now = Cell(sanitize("no room; enter puts it first"), Tone.MUTED)
        return Row(column.key, (Cell(sanitize(_name_of(column))), now))


def _name_of(column: Column) -> str:
    return column.title or column.key
