"""Converts a row's place in an order to the values of a cursor and back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from queuetui.backends.native.ids import parse_id
from queuetui.backends.native.sql.look.orders import IndexOrder
from queuetui.backends.reading.cursors import CursorValue, Place
from queuetui.model.clock import from_us, to_us
from queuetui.model.errors import BadQuery

_LARGEST = 2**63 - 1
# The form in which a cursor holds an id that is no UUID.
_DIGITS = re.compile("[0-9a-f]*")


def place_of(row: Row[Any], order: IndexOrder, segment: int) -> Place:
    """Return the place of a row."""
    return Place(order.name, segment, tuple(_plain(getattr(row, key.column)) for key in order.keys))


def bind_values(order: IndexOrder, place: Place) -> tuple[Any, ...]:
    """Return a place's values in the types of the columns; raises BadQuery for a forged cursor."""
    try:
        return tuple(_bind(key.column, value) for key, value in zip(order.keys, place.values, strict=True))
    except (ValueError, OverflowError, TypeError) as error:
        raise BadQuery("this cursor cannot be read; start from the first page", 0) from error


def _plain(value: datetime | str | int) -> CursorValue:
    return to_us(value) if isinstance(value, datetime) else value


def _bind(column: str, value: CursorValue) -> datetime | str | int:
    if column == "id":
        if not isinstance(value, str) or (parse_id(value) is None and not _DIGITS.fullmatch(value)):
            raise ValueError(column)
        return value
    if not isinstance(value, int) or abs(value) > _LARGEST:
        raise ValueError(column)
    return value if column == "priority" else from_us(value)
