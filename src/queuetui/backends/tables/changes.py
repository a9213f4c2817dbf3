"""The statements of most changes: one row is updated or deleted under its key, if it is as it was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import TableClause, delete, update

from queuetui.backends.tables.source import LockedRow, Statements


def table_of(locked: LockedRow) -> TableClause:
    """Return the table that a locked row stands in."""
    table = locked.source.lockable if locked.source.lockable is not None else locked.source.rows
    if not isinstance(table, TableClause):
        raise TypeError(f"the source {locked.source.name} names no table to lock")
    return table


def setting(values: Callable[[LockedRow], Mapping[str, Any]]) -> Callable[[LockedRow], Statements]:
    """Return a change that writes values into columns of the row."""

    def write(locked: LockedRow) -> Statements:
        yield update(table_of(locked)).where(locked.same).values(**values(locked))
        return None

    return write


def deleting(locked: LockedRow) -> Statements:
    """Delete the row."""
    yield delete(table_of(locked)).where(locked.same)
    return None
