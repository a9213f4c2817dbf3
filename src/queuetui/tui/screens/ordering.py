"""The choice of an order, for every screen whose table has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from queuetui.model.picture import Picture
from queuetui.model.query import Sort
from queuetui.model.snapshot import Watch
from queuetui.tui.dialogs.sort import Choice, SortDialog
from queuetui.tui.present.row_order import first_order, orderable
from queuetui.tui.present.table import Column, HeaderSort
from queuetui.tui.screens.console_screen import ConsoleScreen
from queuetui.tui.widgets.live_table import LiveTable


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


class OrderedHere(Ordering):
    """A screen whose rows are all here; it says how each column orders them, and how they stand by themselves."""

    COLUMNS: ClassVar[tuple[Column, ...]]
    OWN_MARKS: ClassVar[tuple[HeaderSort, ...]]

    def __init__(self) -> None:
        super().__init__()
        self._order: Sort | None = None
        self._told: tuple[Picture, Watch] | None = None

    @property
    def ordered_by(self) -> Sort | None:
        """The order that was chosen."""
        return self._order

    @property
    def choices(self) -> Sequence[Choice]:
        """Every column."""
        return [Choice(column.key, column.title) for column in self.COLUMNS if column.title]

    @property
    def neighbours(self) -> Sequence[Sort]:
        """The orders of the columns that are shown."""
        shown = self.query_one(LiveTable).shown_columns
        return [first_order(column) for column in orderable(self.COLUMNS, shown)]

    @property
    def turned_own(self) -> Sort:
        """The screen's own order by its first column, turned round."""
        own = self.OWN_MARKS[0]
        return Sort(own.column_key, descending=not own.descending)

    def first_order(self, field: str) -> Sort:
        """Return the order by a column that a person means first."""
        return first_order(next(column for column in self.COLUMNS if column.key == field))

    def reorder(self, order: Sort | None) -> None:
        """Show the same rows in another order."""
        self._order = order
        if self._told is not None:
            self.show_picture(*self._told)

    def remember(self, picture: Picture, watch: Watch) -> None:
        """Keep what is being shown, so that it can be shown in another order, and mark the present one."""
        self._told = picture, watch
        order = self._order
        marks = self.OWN_MARKS if order is None else (HeaderSort(order.field, order.descending),)
        self.query_one(LiveTable).show_order(marks)
