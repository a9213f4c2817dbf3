"""The choice of an order."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.query import Sort
from queuetui.model.text import sanitize
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.tones import Tone
from queuetui.tui.widgets.table_layout import Column
from queuetui.tui.widgets.table_rows import Cell, Row

BACKENDS_OWN = ""


class SortDialog(PickDialog):
    """Gives a field to order by, or BACKENDS_OWN."""

    TITLE_TEXT = "Order by"
    COLUMNS = (Column("field", "field", 16), Column("now", "", 20, flex=1))

    def __init__(self, fields: Sequence[str], present: Sort | None) -> None:
        super().__init__()
        self._fields = fields
        self._present = present

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the fields that hold what was typed."""
        rows = [self._row("the store's own", BACKENDS_OWN, is_present=self._present is None)]
        rows += [
            self._row(field, field, is_present=self._present is not None and self._present.field == field)
            for field in self._fields
        ]
        return [row for row in rows if text.casefold() in row.cells[0].text]

    def _row(self, title: str, key: str, *, is_present: bool) -> Row:
        note = (
            ""
            if not is_present
            else "now"
            if self._present is None
            else f"now, {'descending' if self._present.descending else 'ascending'}"
        )
        return Row(key, (Cell(sanitize(title)), Cell(sanitize(note), Tone.MUTED)))
