"""The base of screens that hold all of their rows: title, table, order, and a pane about a row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.widget import Widget

from queuetui.model.picture import Picture
from queuetui.model.query import Sort
from queuetui.model.snapshot import Part, Watch
from queuetui.model.text import sanitize
from queuetui.tui.dialogs.sort import Choice
from queuetui.tui.present.crumbs import lay_out_crumbs
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.row_order import first_order, orderable
from queuetui.tui.present.table import Column, Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.console_screen import SENTENCE_CAP
from queuetui.tui.screens.ordering import Ordering
from queuetui.tui.widgets.job_table import ListTable
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.row_pane import RowPane, RowRenderer
from queuetui.tui.widgets.table_messages import RowHighlighted
from queuetui.tui.widgets.text_lines import TextLines


class ListScreen(Ordering):
    """Shows every picture that has all parts it needs, and ignores others.

    `ROWS_COME_OF` names the parts of the picture that the rows are made from.
    `ROW_PANE` is the id of the pane about the row under the cursor, empty if there is none.
    """

    AUTO_FOCUS = "LiveTable"
    COLUMNS: ClassVar[tuple[Column, ...]]
    OWN_MARKS: ClassVar[tuple[Sort, ...]]
    HEADING: ClassVar[str]
    TABLE: ClassVar[type[LiveTable]] = ListTable
    ROW_PANE: ClassVar[str] = ""
    ROWS_COME_OF: ClassVar[tuple[Part, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None
        self._order: Sort | None = None

    def compose_body(self) -> Iterable[Widget]:
        """Yield the title, the table, and the pane about the row under the cursor."""
        yield TextLines("crumbs")
        yield self.make_table()
        if self.ROW_PANE:
            yield RowPane(self.ROW_PANE)

    @property
    def read_at(self) -> datetime | None:
        """When the rows were read."""
        return self.picture.snapshot.now if self.has_read and self.picture is not None else None

    def make_table(self) -> LiveTable:
        """Return an empty table."""
        return self.TABLE(self.COLUMNS, empty_text=sanitize("reading ..."))

    # What each screen defines

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return the rows in the present order."""
        raise NotImplementedError

    def empty_text(self, picture: Picture) -> str:
        """Return the sentence shown in place of rows."""
        raise NotImplementedError

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return the text at the right end of the title."""
        return ()

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders a row in the pane, None if the row is gone."""
        return None

    # Showing the rows

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show the rows; a picture taken for another screen may lack them."""
        if watch.parts >= self.PARTS:
            self.has_read, self.picture = True, picture
            self.show_rows(picture)

    def show_rows(self, picture: Picture) -> None:
        """Show the rows of a picture in the present order."""
        table, order = self.table, self._order
        unread = next((why for part in self.ROWS_COME_OF if (why := picture.problems.get(part.value))), None)
        said = self.empty_text(picture) if unread is None else f"They could not be read: {unread}"
        table.show_empty_text(sanitize(said, SENTENCE_CAP))
        table.set_rows(self.rows_of(picture))
        table.show_order(self.OWN_MARKS if order is None else (order,))
        self.show_heading(picture)
        self.show_row_pane()

    def show_heading(self, picture: Picture) -> None:
        """Show the title."""
        title = [say(f" {self.HEADING}", Tone.STRONG)]
        self.show_lines("#crumbs", lay_out_crumbs(title, self.summary(picture), (), self.app.size.width))

    @on(RowHighlighted)
    def show_row_pane(self) -> None:
        """Show the row under the cursor in the pane, if there is one."""
        key = self.table.cursor_key
        for pane in self.query(RowPane):
            renderer = None if key is None else self.renderer_of(key)
            pane.show_row(None if renderer is None else key, renderer)

    @property
    def table(self) -> LiveTable:
        """The table."""
        return self.query_one(LiveTable)

    # The order of the rows

    @property
    def ordered_by(self) -> Sort | None:
        """The order that was chosen."""
        return self._order

    @property
    def choices(self) -> Sequence[Choice]:
        """Every column."""
        return [Choice(first_order(column), column.title) for column in self.COLUMNS if column.title]

    @property
    def neighbours(self) -> Sequence[Sort]:
        """The orders of the columns that are shown."""
        return [first_order(column) for column in orderable(self.COLUMNS, self.table.shown_columns)]

    @property
    def own_sort(self) -> Sort:
        """The first column of the screen's default order."""
        return self.OWN_MARKS[0] if self.OWN_MARKS else first_order(self.COLUMNS[0])

    def reorder(self, order: Sort | None) -> None:
        """Show the same rows in another order."""
        self._order = order
        if self.picture is not None:
            self.show_rows(self.picture)
