"""Live tables with the keys of the console's own table of actions."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from queuetui.tui.actions import KeyPlace, bindings_at
from queuetui.tui.widgets.live_table import LiveTable
from queuetui.tui.widgets.table_messages import TableMessage


class MarkAllAsked(TableMessage, namespace="job_table"):
    """A person wants all marked: the rows that are here, or, asked again, all that match."""


class FirstAsked(TableMessage, namespace="job_table"):
    """A person wants the first row of all, which may lie above those that are here."""


class MarkRefused(TableMessage, namespace="job_table"):
    """A person wants to mark a row of the list that was here before."""


class ListTable(LiveTable, inherit_bindings=False):
    """A live table of things that are looked at and opened, not marked."""

    BINDINGS: ClassVar[list[BindingType]] = bindings_at(KeyPlace.TABLE)


class JobTable(LiveTable):
    """A live table of jobs; which jobs `mark all` means is decided by its screen.

    While it shows rows of a list that is being left, `may_mark` is off.
    """

    may_mark = True

    def action_mark_down(self) -> None:
        """Mark the row, or take its mark away, and go down."""
        if self._is_marking_allowed():
            super().action_mark_down()

    def action_mark_range(self) -> None:
        """Mark from the last mark to the cursor."""
        if self._is_marking_allowed():
            super().action_mark_range()

    def action_first(self) -> None:
        """Go to the first row, also of a list that goes on above."""
        super().action_first()
        self.post_message(FirstAsked(self))

    def action_mark_all(self) -> None:
        """Ask the screen, which knows what all is."""
        if self._is_marking_allowed():
            self.post_message(MarkAllAsked(self))

    def _is_marking_allowed(self) -> bool:
        if not self.may_mark:
            self.post_message(MarkRefused(self))
        return self.may_mark

    def mark_every_row(self) -> None:
        """Mark every row that is here."""
        super().action_mark_all()
