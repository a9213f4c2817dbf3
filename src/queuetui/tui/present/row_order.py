"""Sorts tables that hold all their rows by one of their columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

from queuetui.model.query import Sort
from queuetui.tui.present.cells import Align
from queuetui.tui.present.table import Column

Value = str | float
Item = TypeVar("Item")
# In these columns the nearest time comes first.
_SOONEST_FIRST = frozenset({"next", "last", "age"})


def in_order(items: Iterable[Item], order: Sort | None, value_of: Callable[[str, Item], Value | None]) -> list[Item]:
    """Return items in the order of one column, those without a value last.

    Ties keep their order, as do all items without an order.
    """
    given = list(items)
    if order is None:
        return given
    valued = [(value, item) for item in given if (value := value_of(order.field, item)) is not None]
    # Reversed before and after the sort, a descending order keeps the order of ties.
    if order.descending:
        valued.reverse()
    found = [item for _, item in sorted(valued, key=lambda pair: pair[0])]
    if order.descending:
        found.reverse()
    return found + [item for item in given if value_of(order.field, item) is None]


def first_order(column: Column) -> Sort:
    """Return the order that the first sort by a column has: the highest value first, names from A on."""
    return Sort(column.key, descending=column.align is Align.RIGHT and column.key not in _SOONEST_FIRST)


def orderable(columns: Sequence[Column], shown: Collection[str]) -> list[Column]:
    """Return the shown columns that can be sorted by.

    Columns without a title are left out.
    """
    return [column for column in columns if column.title and column.key in shown]
