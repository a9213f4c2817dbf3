"""The choice of an order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from queuetui.model.query import Sort
from queuetui.model.text import sanitize
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.table import Cell, Column, Row
from queuetui.tui.present.tones import Tone

OWN = ""


class Choice(NamedTuple):
    """An order that a person means first by its field, and the title of the column that shows it."""

    order: Sort | None
    title: str

    @property
    def field(self) -> str:
        """What it is known by."""
        return OWN if self.order is None else self.order.field


class SortDialog(PickDialog):
    """Gives a field to order by, or OWN."""

    TITLE_TEXT = "Order by"
    COLUMNS = (Column("field", "field", 16), Column("column", "column", 10), Column("now", "", 20, flex=1))

    def __init__(self, choices: Sequence[Choice], present: Sort | None, own_name: str) -> None:
        super().__init__()
        self._choices = (Choice(None, own_name), *choices)
        self._present = present

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the fields whose name or column holds what was typed."""
        wanted = text.casefold()
        return [self._row(choice) for choice in self._choices if wanted in f"{choice.field} {choice.title}".casefold()]

    def _row(self, choice: Choice) -> Row:
        name, column = (choice.field, choice.title) if choice.field else (choice.title, "")
        now = "" if choice.field != (OWN if self._present is None else self._present.field) else "now"
        if now and self._present is not None:
            now = f"now, {'descending' if self._present.descending else 'ascending'}"
        cells = (Cell(sanitize(name)), Cell(sanitize(column), Tone.MUTED), Cell(sanitize(now), Tone.MUTED))
        return Row(choice.field, cells)
