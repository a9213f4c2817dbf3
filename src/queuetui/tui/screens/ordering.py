"""The choice of a sort order, for every screen with a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from queuetui.model.query import Sort
from queuetui.tui.dialogs.sort import Choice, SortDialog
from queuetui.tui.screens.console_screen import ConsoleScreen


class Ordering(ConsoleScreen):
    """`s` opens a list of orders, `<` and `>` sort by the neighbouring column, `i` inverts the order."""

    OWN_NAME: ClassVar[str] = "the screen's own"

    @property
    def ordered_by(self) -> Sort | None:
        """The order that was chosen, None for the screen's default."""
        raise NotImplementedError

    @property
    def choices(self) -> Sequence[Choice]:
        """Every order that can be chosen."""
        raise NotImplementedError

    @property
    def neighbours(self) -> Sequence[Sort]:
        """The orders by the shown columns, from left to right."""
        raise NotImplementedError

    @property
    def own_sort(self) -> Sort:
        """The first column or field of the screen's default order."""
        raise NotImplementedError

    def reorder(self, order: Sort | None) -> None:
        """Show the rows in another order."""
        raise NotImplementedError

    def action_sort(self) -> None:
        """Choose the order from a list."""
        choices = self.choices

        def take(field: str | None) -> None:
            if field is not None:
                self.reorder(next((choice.order for choice in choices if choice.field == field), None))

        self.app.push_screen(SortDialog(choices, self.ordered_by, self.OWN_NAME), take)

    def action_move_sort(self, step: int) -> None:
        """Order by a neighbouring column."""
        orders, present = self.neighbours, self.ordered_by
        fields = [order.field for order in orders]
        at = -1 if present is None or present.field not in fields else fields.index(present.field)
        self.reorder(orders[len(orders) - 1 if at < 0 and step < 0 else (at + step) % len(orders)])

    def action_invert_sort(self) -> None:
        """Invert the order."""
        order = self.ordered_by or self.own_sort
        self.reorder(Sort(order.field, descending=not order.descending))
