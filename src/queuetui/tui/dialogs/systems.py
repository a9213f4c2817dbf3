"""The selector of the queue system that is shown."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.tui.dialogs.pick import PickDialog
from queuetui.tui.present.systems import SYSTEM_PICK_COLUMNS, SystemRow, pick_rows
from queuetui.tui.present.table import Row


class SystemDialog(PickDialog):
    """Gives the number of the link that was chosen."""

    TITLE_TEXT = "System to look at"
    COLUMNS = SYSTEM_PICK_COLUMNS

    def __init__(self, systems: Sequence[SystemRow]) -> None:
        super().__init__()
        self._systems = systems

    def rows_for(self, text: str) -> Sequence[Row]:
        """Return the systems whose name holds what was typed."""
        return pick_rows(self._systems, text)
