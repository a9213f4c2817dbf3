"""Opaque cursors: where in an order a page began or ended."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from queuetui.model.errors import BadQuery

CURSOR_CAP_CHARS = 4096
CursorValue = str | int | float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place: which segment of the page's layout, and its values of the order's columns.

    Times are microseconds and ids canonical text, so that a cursor outlives its connection.
    """

    order: str
    segment: int
    values: tuple[CursorValue, ...]


def write_cursor(place: Place) -> str:
    """Return the cursor of a place."""
    return pack([place.order, place.segment, *place.values])


def pack(parts: object) -> str:
    """Return what a cursor holds as an opaque text."""
    text = json.dumps(parts, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def unpack(cursor: str) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what was packed, None for a text that was not."""
    try:
        return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None


def read_cursor(cursor: str, orders: tuple[str, ...], widths: tuple[int, ...]) -> Place:
    """Return the place of a cursor; raises BadQuery where it is of another order or none of ours."""
    place = _decode(cursor)
    fits = (
        place is not None
        and 0 <= place.segment < len(orders)
        and place.order == orders[place.segment]
        and len(place.values) == widths[place.segment]
    )
    if place is None or not fits:
        message = "this cursor belongs to another filter or order; start from the first page"
        raise BadQuery(message, 0)
    return place


def _decode(cursor: str) -> Place | None:
    parts = None if len(cursor) > CURSOR_CAP_CHARS else unpack(cursor)
    if not isinstance(parts, list) or len(parts) < 3:  # noqa: PLR2004 - order, segment and at least the id
        return None
    order, segment, *values = parts
    known = isinstance(order, str) and isinstance(segment, int) and not isinstance(segment, bool)
    if not known or not all(value is None or isinstance(value, str | int | float) for value in values):
        return None
    return Place(order, segment, tuple(values))
