"""Database: the sessions, locks, sizes and slow statements of the server behind the queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from queuetui.model.picture import Picture
from queuetui.model.server_view import SectionName
from queuetui.model.snapshot import Watch
from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.present.lines import Span, say
from queuetui.tui.present.server_rows import SERVER_COLUMNS, SERVER_ORDER, server_lines, server_rows
from queuetui.tui.present.table import Row
from queuetui.tui.present.tones import Tone
from queuetui.tui.screens.list_screen import ListScreen
from queuetui.tui.widgets.row_pane import RowRenderer


class DatabaseScreen(ListScreen):
    """Reads the server only; a section that the user may not see is a row that says so."""

    PLACE = KeyPlace.DATABASE
    VIEW = "database"
    HEADING = "Database"
    COLUMNS = SERVER_COLUMNS
    OWN_MARKS = SERVER_ORDER
    ROW_PANE = "told"
    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.DATABASE)

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, Row] = {}

    @property
    def wanted(self) -> Watch:
        """The queues, as on every screen, and the server."""
        return Watch(parts=self.PARTS, server=True)

    def show_picture(self, picture: Picture, watch: Watch) -> None:
        """Show a picture that was read for this screen."""
        if watch.server:
            super().show_picture(picture, watch)

    def rows_of(self, picture: Picture) -> list[Row]:
        """Return the rows of all sections."""
        rows = [] if picture.server is None else server_rows(picture.server, self.ordered_by)
        self._rows = {row.key: row for row in rows}
        return rows

    def empty_text(self, picture: Picture) -> str:
        """Return why there are no rows."""
        return picture.problems.get("server", "The server tells nothing.")

    def summary(self, picture: Picture) -> Sequence[Span]:
        """Return the product and version of the server, and how many sessions wait for locks."""
        if picture.server is None:
            return ()
        waits = sum(len(one.rows) for one in picture.server.sections if one.name is SectionName.LOCKS)
        alarm = [say(f"{waits} waiting for locks  ", Tone.STUCK)] if waits else []
        return [*alarm, say(f"{picture.server.product} ", Tone.MUTED), say(picture.server.version), say(" ")]

    def renderer_of(self, key: str) -> RowRenderer | None:
        """Return the function that renders a row in full in the pane."""
        row = self._rows.get(key)
        return None if row is None else lambda width, most: server_lines(row, width, most)
