"""The order and the columns of a list of jobs, of one system or of all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from queuetui.model.query import SORTS, Sort
from queuetui.tui.dialogs.sort import Choice
from queuetui.tui.present.column_choice import ColumnChoice
from queuetui.tui.present.job_columns import JobColumns, first_order
from queuetui.tui.present.table import Column
from queuetui.tui.scope import Scope
from queuetui.tui.screens.marking import Marking
from queuetui.tui.screens.ordering import Ordering


class Arranging(Marking, Ordering):
    """A list of jobs in the order of its scope; the choice of columns is shared by the whole console."""

    scope: Scope
    is_wide: bool = False

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that suit the scope, hidden ones included."""
        raise NotImplementedError

    @property
    def own_order(self) -> tuple[Sort, ...]:
        """The order of these jobs if none was chosen."""
        raise NotImplementedError

    def rescope(self, scope: Scope) -> None:
        """Show the jobs of another scope, from its top."""
        raise NotImplementedError

    def set_columns(self) -> None:
        """Show the rows in the columns that suit the scope."""
        raise NotImplementedError

    @property
    def columns(self) -> JobColumns:
        """The columns that suit the scope, without those that a person hid."""
        return JobColumns(self.console.column_choice.apply(self.all_columns))

    # Order

    @property
    def ordered_by(self) -> Sort | None:
        """The order that was chosen."""
        return self.scope.sort

    @property
    def choices(self) -> Sequence[Choice]:
        """Every field that a store can order by, with the column that shows it here."""
        return [Choice(first_order(field), self.columns.title_of(field)) for field in SORTS]

    @property
    def neighbours(self) -> Sequence[Sort]:
        """The orders by the shown columns, from left to right."""
        shown = self.table.shown_columns
        return [first_order(field) for key, field in self.columns.fields.items() if key in shown]

    @property
    def own_sort(self) -> Sort:
        """The field by which the default order sorts last."""
        return next(iter(reversed(self.own_order)), Sort("created", descending=True))

    def reorder(self, order: Sort | None) -> None:
        """Read the jobs in another order."""
        self.rescope(replace(self.scope, sort=order))

    @property
    def present_order(self) -> tuple[Sort, ...]:
        """The order in which the jobs come now."""
        return self.own_order if self.scope.sort is None else (self.scope.sort,)

    # Columns

    def action_wide(self) -> None:
        """Switch between the usual columns and the wide ones."""
        self.is_wide = not self.is_wide
        self.set_columns()

    def action_choose_columns(self) -> None:
        """Choose which columns are shown; remembered until the console ends."""
        from queuetui.tui.dialogs.columns import ColumnsDialog

        def take(choice: ColumnChoice) -> Collection[str]:
            self.console.column_choice = choice
            self.set_columns()
            return self.table.shown_columns

        self.app.push_screen(
            ColumnsDialog(self.all_columns, self.console.column_choice, self.table.shown_columns, take)
        )
