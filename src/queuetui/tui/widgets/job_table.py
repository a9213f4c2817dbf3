"""Live tables with the key bindings of the console's table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.table_messages import TableMessage


class MarkAllAsked(TableMessage, namespace="job_table"):
    """A person marks all: at first the loaded rows, the second time all jobs that match."""


class FirstAsked(TableMessage, namespace="job_table"):
    """A person goes to the first row of the list, which may be above the loaded rows."""


class MarkRefused(TableMessage, namespace="job_table"):
    """A person tried to mark a row of the list that is being replaced."""


class ListTable(LiveTable, inherit_bindings=False):
    """A live table whose rows can be opened but not marked."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.TABLE)


class JobTable(LiveTable):
    """A live table of jobs; which jobs `mark all` means is decided by its screen.

    `may_mark` is off while it still shows rows of the previous list.
    """

    may_mark = True

    def action_mark_down(self) -> None:
        """Mark the row, or unmark it, and move down."""
        if self._is_marking_allowed():
            super().action_mark_down()

    def action_mark_range(self) -> None:
        """Mark from the last mark to the cursor."""
        if self._is_marking_allowed():
            super().action_mark_range()

    def action_first(self) -> None:
        """Go to the first row of the list, even if it is not loaded."""
        super().action_first()
        self.post_message(FirstAsked(self))

    def action_mark_all(self) -> None:
        """Ask the screen to mark all, as only the screen knows which jobs that means."""
        if self._is_marking_allowed():
            self.post_message(MarkAllAsked(self))

    def _is_marking_allowed(self) -> bool:
        if not self.may_mark:
            self.post_message(MarkRefused(self))
        return self.may_mark

    def mark_every_row(self) -> None:
        """Mark every loaded row."""
        super().action_mark_all()
