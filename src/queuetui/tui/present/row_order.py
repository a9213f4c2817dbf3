"""Tables whose rows are all here, in the order of one of their columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from queuetui.model.query import Sort
from queuetui.tui.present.cells import Align
from queuetui.tui.present.table import Column

Value = str | float
Item = TypeVar("Item")
# What is next, or was last, is looked for at the top.
_SOONEST_FIRST = frozenset({"next", "last", "age"})


def in_order(items: Iterable[Item], order: Sort | None, value_of: Callable[[str, Item], Value | None]) -> list[Item]:
    """Return items by what one column shows, those without a value last.

    Ties, and all without an order, stay as they are.
    """
    given = list(items)
    if order is None:
        return given
    valued = [(value, item) for item in given if (value := value_of(order.field, item)) is not None]
    # Turned round twice, a falling order keeps ties as they are.
    if order.descending:
        valued.reverse()
    found = [item for _, item in sorted(valued, key=lambda pair: pair[0])]
    if order.descending:
        found.reverse()
    return found + [item for item in given if value_of(order.field, item) is None]


def first_order(column: Column) -> Sort:
    """Return the order of a column that a person means first: the most on top, names from A on."""
    return Sort(column.key, descending=column.align is Align.RIGHT and column.key not in _SOONEST_FIRST)


def orderable(columns: Sequence[Column], shown: Collection[str]) -> list[Column]:
    """Return the columns to order by among those that are shown.

    One without a title is no column to a person.
    """
    return [column for column in columns if column.title and column.key in shown]
