"""The choice of an order, for every screen whose table has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from queuetui.model.query import Sort
from queuetui.tui.dialogs.sort import Choice, SortDialog
from queuetui.tui.screens.console_screen import ConsoleScreen


class Ordering(ConsoleScreen):
    """`s` chooses an order from a list, `<` and `>` go from column to column, `i` turns the order round."""

    OWN_NAME: ClassVar[str] = "the screen's own"

    @property
    def ordered_by(self) -> Sort | None:
        """The order that was chosen, None for the screen's own."""
        raise NotImplementedError

    @property
    def choices(self) -> Sequence[Choice]:
        """Every order that can be chosen."""
        raise NotImplementedError

    @property
    def neighbours(self) -> Sequence[Sort]:
        """The orders of the columns that are shown, from left to right."""
        raise NotImplementedError

    @property
    def turned_own(self) -> Sort:
        """The screen's own order, turned round."""
        raise NotImplementedError

    def first_order(self, field: str) -> Sort:
        """Return the order by a field that a person means first."""
        raise NotImplementedError

    def reorder(self, order: Sort | None) -> None:
        """Show the rows in another order."""
        raise NotImplementedError

    def action_sort(self) -> None:
        """Choose the order from a list."""

        def take(field: str | None) -> None:
            if field is not None:
                self.reorder(self.first_order(field) if field else None)

        self.app.push_screen(SortDialog(self.choices, self.ordered_by, self.OWN_NAME), take)

    def action_move_sort(self, step: int) -> None:
        """Order by a neighbouring column."""
        orders, present = self.neighbours, self.ordered_by
        fields = [order.field for order in orders]
        at = -1 if present is None or present.field not in fields else fields.index(present.field)
        self.reorder(orders[len(orders) - 1 if at < 0 and step < 0 else (at + step) % len(orders)])

    def action_invert_sort(self) -> None:
        """Turn the order round."""
        order = self.ordered_by
        self.reorder(self.turned_own if order is None else Sort(order.field, descending=not order.descending))
