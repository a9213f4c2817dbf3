"""The program that the live table benchmark measures: one table, one change for each key."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.coordinate import Coordinate
from textual.widgets import DataTable

from queuetui.model.text import sanitize
from queuetui.tui.present.cells import Align
from queuetui.tui.present.tones import Tone
from queuetui.tui.stylesheets import read_styles
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.table_layout import Column
from queuetui.tui.widgets.table_rows import Cell, Row

ROWS = 500
AGE_COLUMN = 4
WHY_COLUMN = 8
STATES = (Tone.PENDING, Tone.PROCESSING, Tone.FAILED, Tone.STUCK)
TITLES = ("id", "state", "type", "queue", "age", "att", "data", "worker", "why")
WIDTHS = (8, 11, 18, 8, 6, 5, 12, 12, 14)


def first_texts() -> list[list[str]]:
    """Return the texts of invented jobs."""
    return [
        [
            f"{number:06x}",
            STATES[number % 4].value,
            "SyncProductToShop" if number % 3 else "ImportCsv",
            "sync",
            f"{number % 60} m",
            f"{number % 4}/3",
            f"sku A-{number:04}",
            f"web-{number % 5}/{4400 + number % 5}",
            "worker silent 6 m" if number % 7 == 0 else "",
        ]
        for number in range(ROWS)
    ]


class TableBenchmark(App[None]):
    """Change the rows on a key: 1 nothing, 2 one cell, 3 an age and a reason in ten rows, 4 every age, 5 everything."""

    CSS = read_styles()
    BINDINGS = [Binding(str(number), f"change({number})", show=False) for number in range(1, 6)]

    def __init__(self) -> None:
        super().__init__()
        self.texts = first_texts()
        self.step = 0

    def action_change(self, kind: int) -> None:
        """Make one change and show it."""
        self.step += 1
        changed = {1: 0, 2: 1, 3: 10, 4: ROWS, 5: ROWS}[kind]
        cells: list[tuple[int, int]] = []
        for number in range(changed):
            cells.append((number, AGE_COLUMN))
            if kind == 3:
                cells.append((number, WHY_COLUMN))
            if kind == 5:
                cells.extend((number, column) for column in range(len(TITLES)) if column != AGE_COLUMN)
        for number, column in cells:
            self.texts[number][column] = f"{(self.step + number) % 60} m {column}"[: WIDTHS[column]]
        self.show(cells)

    def show(self, cells: Sequence[tuple[int, int]]) -> None:
        """Bring the texts to the table."""
        raise NotImplementedError


class LiveTableBenchmark(TableBenchmark):
    """Our table: it gets all the rows at each refresh and finds the difference itself."""

    def compose(self) -> ComposeResult:
        """Show the table."""
        self.table = LiveTable(
            [
                Column(title, title, width, flex=1, priority=place, align=Align.LEFT)
                for place, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True))
            ]
        )
        yield self.table

    def on_mount(self) -> None:
        """Show the first rows."""
        self.show([])
        self.table.focus()

    def show(self, cells: Sequence[tuple[int, int]]) -> None:
        """Hand over every row anew, as a poll would."""
        self.table.set_rows(
            [
                Row(str(number), tuple(Cell(sanitize(text), _tone(text, column)) for column, text in enumerate(texts)))
                for number, texts in enumerate(self.texts)
            ]
        )


class DataTableBenchmark(TableBenchmark):
    """Textual's table: it is told each changed cell."""

    def compose(self) -> ComposeResult:
        """Show the table."""
        self.table: DataTable[str] = DataTable(cursor_type="row")
        yield self.table

    def on_mount(self) -> None:
        """Show the first rows."""
        for title, width in zip(TITLES, WIDTHS, strict=True):
            self.table.add_column(title, width=width)
        for texts in self.texts:
            self.table.add_row(*texts)
        self.table.focus()

    def show(self, cells: Sequence[tuple[int, int]]) -> None:
        """Update each changed cell."""
        for number, column in cells:
            self.table.update_cell_at(Coordinate(number, column), self.texts[number][column])


def _tone(text: str, column: int) -> Tone | None:
    return next((tone for tone in STATES if tone.value == text), None) if column == 1 else None


if __name__ == "__main__":
    (LiveTableBenchmark if sys.argv[1] == "live" else DataTableBenchmark)().run(mouse=False)
