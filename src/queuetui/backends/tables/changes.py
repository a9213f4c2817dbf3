"""The statements of most changes: one row is updated or deleted if it is as it was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, TableClause, and_, delete, select, update

from queuetui.backends.tables.product import LockedRow, RowPlace, Statements
from queuetui.backends.tables.stuck_rows import is_stuck


def table_of(locked: LockedRow) -> TableClause:
    """Return the table that a locked row stands in."""
    table = locked.source.table
    if not isinstance(table, TableClause):
        raise TypeError(f"the source {locked.source.name} names no table to lock")
    return table


def setting(
    values: Callable[[LockedRow], Mapping[str, Any]], *, only_stuck: bool = False
) -> Callable[[LockedRow], Statements]:
    """Return a change that writes values into the row, `only_stuck`: unless its worker beat meanwhile."""

    def write(locked: LockedRow) -> Statements:
        at_row = and_(locked.unchanged, is_stuck(locked.source, locked.moment)) if only_stuck else locked.unchanged
        yield update(table_of(locked)).where(at_row).values(**values(locked))
        return None

    return write


def moving(write: Callable[[LockedRow], Statements], source: str) -> Callable[[LockedRow], Statements]:
    """Return a change after which the row is one of another source that has the same key."""

    def change(locked: LockedRow) -> Statements:
        yield from write(locked)
        return RowPlace(source, locked.place.key)

    return change


def calling(call: Callable[[LockedRow], ColumnElement[Any]]) -> Callable[[LockedRow], Statements]:
    """Return a change that calls a function of the database; the row itself stays as it is."""

    def write(locked: LockedRow) -> Statements:
        yield select(call(locked))
        return None

    return write


def deleting(locked: LockedRow) -> Statements:
    """Delete the row."""
    yield delete(table_of(locked)).where(locked.unchanged)
    return None
