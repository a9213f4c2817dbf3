"""Opaque cursors: where in an order a page began or ended."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from queuetui.model.errors import BadQuery

if TYPE_CHECKING:
    from queuetui.model.page import PageRequest

CURSOR_CAP_CHARS = 4096
CursorValue = str | int | float | None
Item = TypeVar("Item")
At = TypeVar("At")


@dataclass(frozen=True, slots=True)
class Place:
    """A row's place: which segment of the page's layout, and its values of the order's columns.

    Times are microseconds and ids canonical text, so that a cursor outlives its connection.
    """

    order: str
    segment: int
    values: tuple[CursorValue, ...]


@dataclass(frozen=True, slots=True)
class WalkedPart(Generic[Item]):
    """What a page shows of a walk, and its cursors; `is_cut_short`: too much was looked at to go on."""

    items: tuple[Item, ...]
    first: str | None
    last: str | None
    has_more: bool
    is_cut_short: bool


def cut_walk(
    found: Sequence[tuple[Item, At]], end: At | None, request: PageRequest, write: Callable[[At], str]
) -> WalkedPart[Item]:
    """Return what a page shows of what a walk found, which looked for one more than the page holds.

    `end` is what was looked at last where the walk was cut short: the page goes on from there, not from what was found.
    """
    is_full = len(found) > request.limit
    shown = found[: request.limit]
    stopped = shown[-1][1] if is_full and shown else end
    near = shown[0][1] if shown else None
    far = stopped or (shown[-1][1] if shown else None)
    if request.backward:
        shown, near, far = shown[::-1], far, near
    return WalkedPart(
        tuple(item for item, _ in shown),
        None if near is None else write(near),
        None if far is None else write(far),
        has_more=stopped is not None,
        is_cut_short=end is not None and not is_full,
    )


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
