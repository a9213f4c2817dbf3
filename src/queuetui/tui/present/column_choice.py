"""The columns that a person shows and hides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from queuetui.tui.present.table import Column

# Without this column rows could not be distinguished.
_ALWAYS = "id"


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """The columns that a person has hidden, and those that are preferred on narrow screens."""

    hidden: frozenset[str] = frozenset()
    wanted: frozenset[str] = frozenset()

    def apply(self, columns: Sequence[Column]) -> tuple[Column, ...]:
        """Return the visible columns; preferred ones give way only to the id."""
        kept = (column for column in columns if column.key not in self.hidden)
        return tuple(
            replace(column, priority=0, spare=False) if column.key in self.wanted else column for column in kept
        )

    def turned(self, key: str, *, is_on_screen: bool) -> ColumnChoice:
        """Return the choice with a column toggled: hidden if it is on the screen, else shown."""
        if is_on_screen:
            return ColumnChoice(self.hidden | {key}, self.wanted - {key})
        return ColumnChoice(self.hidden - {key}, self.wanted | {key})


def choosable(columns: Sequence[Column]) -> list[Column]:
    """Return the columns that can be shown and hidden."""
    return [column for column in columns if column.key != _ALWAYS]
