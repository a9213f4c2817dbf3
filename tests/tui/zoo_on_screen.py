"""A program that shows the whole zoo in a live table, for a test to read from its terminal."""

from __future__ import annotations

from tests.tui.tables import TableApp, job_row
from tests.zoo import SMALL_ZOO

LAST = "end-of-zoo"


class ZooApp(TableApp):
    """Every specimen in a row of its own, in three of its cells."""

    def on_mount(self) -> None:
        """Show the zoo."""
        rows = [job_row(f"n{n}", state=x, job_type=x, why=x) for n, x in enumerate(SMALL_ZOO.values())]
        self.table.set_rows([*rows, job_row("last", why=LAST)])


if __name__ == "__main__":
    ZooApp().run(mouse=False)
