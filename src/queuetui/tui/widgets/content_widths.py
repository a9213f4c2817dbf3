"""How wide the contents of a table's columns are.

Widths are steady, so that the columns do not jump with every reading.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from queuetui.tui.present.table import Column, Row

# A column gets narrower only after this many readings in which its visible contents needed less.
_PATIENCE = 30


class ContentWidths:
    """The width that the visible rows need in each column: it grows at once and shrinks after a while."""

    def __init__(self) -> None:
        self.cells: dict[str, int] = {}
        self._lately: dict[str, int] = {}
        self._readings = 0

    def forget(self) -> None:
        """Forget the widths, as another list follows."""
        self.cells = {}
        self._lately, self._readings = {}, 0

    def look_at(self, columns: Sequence[Column], rows: Sequence[Row], *, is_reading: bool) -> bool:
        """Measure the visible rows; tell whether a width has changed."""
        before = self.cells
        seen = [(column.key, _widest(rows, place)) for place, column in enumerate(columns)]
        self._lately = {key: max(cells, self._lately.get(key, 0)) for key, cells in seen}
        self.cells = {key: max(cells, before.get(key, 0)) for key, cells in seen}
        self._readings += is_reading
        if self._readings >= _PATIENCE:
            self.cells, self._lately, self._readings = self._lately, {}, 0
        return self.cells != before


def _widest(rows: Sequence[Row], place: int) -> int:
    return max((_cells(row.cells[place].text) for row in rows), default=0)


def _cells(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
