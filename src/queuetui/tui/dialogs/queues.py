"""The queue selector."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.model.picture import Picture
from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.queue_rows import QUEUE_PICK_COLUMNS, pick_rows
from queuetui.tui.present.table import Row


class QueueDialog(PickDialog):
    """Returns the key of a row, which `picked_queue` decodes."""

    TITLE_TEXT = "Queue to look at"
    COLUMNS = QUEUE_PICK_COLUMNS

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self._picture = picture

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the queues whose names hold the typed text."""
        return pick_rows(self._picture, text)
