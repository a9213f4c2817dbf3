"""The orders a page can have, and a place within one that survives rows coming and going."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, TableClause, and_, func, literal, or_, true
from sqlalchemy.sql.elements import UnaryExpression

from queuetui.backends.foreign.laravel.row_ids import RowId, read_id
from queuetui.backends.foreign.laravel.rows import DEFAULT_QUEUE, FAILED, JOBS
from queuetui.backends.foreign.laravel.states import JOB_STATES, state_rank
from queuetui.backends.foreign.laravel.stored_types import display_name
from queuetui.model.errors import Stale
from queuetui.model.query import Sort

Key = int | str

# Where the display name of a payload begins: behind {"uuid":"...","displayName":" as every version since 5.8 writes it.
_NAME_START = 63
_NAME_SIZE = 80
_BEFORE_ALL = -1
_AFTER_ALL = 2**40
# New rows get growing ids, so the order of ids is the order of these times, and it is the only order with an index.
_SORTS_BY_ID = frozenset({"created", "updated", "completed", "priority"})
_KEYS_OF_FAILED = frozenset({"queue", "type"})


def read_key(value: object) -> Key:
    """Return a sort key as text or integer, whatever type the driver gives it."""
    return value if isinstance(value, str) else int(str(value))


class Side(StrEnum):
    """Where a place is: at an end of the order, or just before or after a row."""

    START = "start"
    END = "end"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Place:
    """A place between two rows of one table.

    `at` is the position of the row it is beside, the id where ids are numbers.
    """

    side: Side
    key: Key = 0
    at: RowId = 0


Places = dict[str, Place]


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a page: by a key of each table, then by row id; `by_id` tells that ids alone decide.

    `oldest_first` turns the order of a page that nobody sorted.
    """

    sort: Sort | None
    now_s: int
    oldest_first: bool = False

    @property
    def by_id(self) -> bool:
        """Whether the order needs no key, and so no bound on how many rows are sorted."""
        return self.sort is None or self.sort.field in _SORTS_BY_ID

    @property
    def descending(self) -> bool:
        """Whether high keys and new rows come first."""
        return not self.oldest_first if self.sort is None else self.sort.descending

    @property
    def first_table(self) -> str:
        """The table whose rows come first among equal keys."""
        return FAILED if self.sort is not None and self.sort.field == "completed" else JOBS

    def key_of(self, name: str, rows: TableClause) -> ColumnElement[Any]:
        """Return the expression that a table is sorted by; what is absent sorts last in both directions."""
        missing = literal(_BEFORE_ALL if self.descending else _AFTER_ALL)
        field = "" if self.sort is None else self.sort.field
        if self.is_constant(name):
            return literal(len(JOB_STATES)) if field == "state" else missing
        if field == "queue":
            return func.coalesce(rows.c.queue, DEFAULT_QUEUE) if name == FAILED else rows.c.queue
        if field == "type":
            return display_name(rows.c.payload, _NAME_START, _NAME_SIZE)
        if field == "state":
            return state_rank(rows, self.now_s)
        columns = {"scheduled": rows.c.available_at, "started": rows.c.reserved_at, "attempts": rows.c.attempts}
        return func.coalesce(columns[field], missing)

    def is_constant(self, name: str) -> bool:
        """Whether all rows of a table have the same key, so that their ids alone decide."""
        return self.by_id or (name == FAILED and self.sort is not None and self.sort.field not in _KEYS_OF_FAILED)

    def goes_first(self, key: Key, other: Key, name: str) -> bool:
        """Tell whether a row of table `name` with `key` stands before a row of the other table with `other`."""
        if key == other or type(key) is not type(other):
            return name == self.first_table
        lower = key < other  # type: ignore[operator]  # both are of one type here
        return lower != self.descending

    def clauses(
        self, name: str, key: ColumnElement[Any], position: ColumnElement[Any], *, backward: bool
    ) -> list[UnaryExpression[Any]]:
        """Return the ORDER BY of a table, turned round for reading backward."""
        columns: list[ColumnElement[Any]] = [position] if self.is_constant(name) else [key, position]
        falling = self.descending != backward
        return [one.desc() if falling else one.asc() for one in columns]

    def beyond(
        self, name: str, place: Place, key: ColumnElement[Any], position: ColumnElement[Any], *, backward: bool
    ) -> ColumnElement[bool] | None:
        """Return the condition for rows beyond a place in the direction of reading, None where there are none."""
        if place.side in (Side.START, Side.END):
            at_far_end = (place.side is Side.START) == backward
            return None if at_far_end else true()
        falling = self.descending != backward
        inclusive = is_inclusive(place, backward=backward)
        later_id = _beyond(position, place.at, falling=falling, inclusive=inclusive)
        if self.is_constant(name):
            return later_id
        return or_(_beyond(key, place.key, falling=falling, inclusive=False), and_(key == place.key, later_id))


def is_inclusive(place: Place, *, backward: bool) -> bool:
    """Tell whether reading from a place begins with its own row."""
    return (place.side is Side.BEFORE) != backward


def _beyond(column: ColumnElement[Any], value: Key | RowId, *, falling: bool, inclusive: bool) -> ColumnElement[bool]:
    if falling:
        return column <= value if inclusive else column < value
    return column >= value if inclusive else column > value


def write_cursor(places: Places) -> str:
    """Return places as an opaque text."""
    plain = {name: [place.side.value, place.key, place.at] for name, place in places.items()}
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode("ascii")


def read_cursor(cursor: str) -> Places:
    """Return the places that `write_cursor` wrote. Raises Stale for a text it did not write."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor))
        return {str(name): Place(Side(side), key, read_id(at)) for name, (side, key, at) in plain.items()}
    except (binascii.Error, ValueError, TypeError, AttributeError) as error:
        raise Stale("the page's cursor cannot be read; start again from the top") from error
