"""The order of one source's rows, and a place within it that survives rows coming and going."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from operator import ge, gt, le, lt
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, and_, case, cast, false, func, literal, or_, true, tuple_

from queuetui.backends.reading.cursors import pack, unpack
from queuetui.backends.reading.sort_orders import NEWEST
from queuetui.backends.sql.comparisons import exact_text
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.source import Column, Condition, Source
from queuetui.model.clock import EARLIEST, LATEST
from queuetui.model.errors import Stale
from queuetui.model.query import Sort

BY_KEY = "key"
_TEXTS = frozenset({"queue", "type"})
_UNREADABLE = "the page's cursor cannot be read; start again from the top"


class Side(StrEnum):
    """Where a spot is: at an end of the rows, or just before or after one of them."""

    START = "start"
    END = "end"
    BEFORE = "before"
    AFTER = "after"


_TURNED = {Side.START: Side.END, Side.END: Side.START, Side.BEFORE: Side.AFTER, Side.AFTER: Side.BEFORE}


@dataclass(frozen=True, slots=True)
class Spot:
    """A place between two rows of one source; rows may come and go beside it."""

    # The field that the rows are ordered by, or BY_KEY.
    by: str
    side: Side
    # What the row beside it is ordered by.
    values: tuple[Any, ...] = ()

    def turned(self) -> Spot:
        """Return the same place as who reads the rows backward names it."""
        return replace(self, side=_TURNED[self.side])


@dataclass(frozen=True, slots=True)
class Order:
    """The order in which the rows of one source are read: by a column, NULL last, then by the key."""

    source: Source
    # The field that was asked for; the source may lack it, or no index may serve it.
    wanted: str
    # The field that they are ordered by, or BY_KEY.
    by: str
    falling: bool
    # The column of that field, None for BY_KEY.
    column: Column | None
    # Whether the column may be NULL; rows are sorted then, as no index serves the order.
    nullable: bool
    dialect: str
    # Whether they are read backward; NULL comes first then.
    is_turned: bool = False

    def turned(self) -> Order:
        """Return the order of the same rows read backward."""
        return replace(self, falling=not self.falling, is_turned=not self.is_turned)

    @property
    def is_known(self) -> bool:
        """Whether the source has the field that was asked for."""
        return has_order(self.source, self.wanted)

    @property
    def is_unserved(self) -> bool:
        """Whether rows come by their key because they are too many to be sorted as was asked for."""
        return self.by == BY_KEY and self.is_known and self.wanted not in self.source.key_orders

    @property
    def columns(self) -> list[Column]:
        """What the values of a spot are."""
        keys: list[Column] = [part.at for part in self.source.key]
        return keys if self.column is None else [self.column, *keys]

    def clauses(self) -> list[Any]:
        """Return the ORDER BY."""
        ordered = [one.desc() if self.falling else one.asc() for one in self.columns]
        if not self.nullable:
            return ordered
        is_absent = case((self.columns[0].is_(None), 1), else_=0)
        return [is_absent.desc() if self.is_turned else is_absent.asc(), *ordered]

    def beyond(self, spot: Spot) -> Condition:
        """Return the condition for the rows that come after a spot."""
        if spot.side in (Side.START, Side.END):
            return true() if spot.side is Side.START else false()
        inclusive = spot.side is Side.BEFORE
        if not self.nullable:
            return self._later(self.columns, spot.values, inclusive=inclusive)
        at, value = self.columns[0], spot.values[0]
        keys = self._later(self.columns[1:], spot.values[1:], inclusive=inclusive)
        if value is None:
            alike = and_(at.is_(None), keys)
            return or_(alike, at.is_not(None)) if self.is_turned else alike
        stored = literal(value, at.type)
        further = at < stored if self.falling else at > stored
        present = or_(further, and_(at == stored, keys))
        return present if self.is_turned else or_(present, at.is_(None))

    def _later(self, columns: Sequence[Column], values: Sequence[Any], *, inclusive: bool) -> Condition:
        """Return the condition for rows that come after some values, none of which is NULL."""
        stored = [literal(value, column.type) for column, value in zip(columns, values, strict=True)]
        if len(columns) > 1 and self.dialect == "mysql":
            # MySQL finds no range of an index in a comparison of several columns at once.
            rest = self._later(columns[1:], values[1:], inclusive=inclusive)
            first = columns[0] < stored[0] if self.falling else columns[0] > stored[0]
            return or_(first, and_(columns[0] == stored[0], rest))
        rows: Any = columns[0] if len(columns) == 1 else tuple_(*columns)
        spot: Any = stored[0] if len(columns) == 1 else tuple_(*stored)
        compare = _COMPARE[self.falling, inclusive]
        found: Condition = compare(rows, spot)
        return found

    def goes_first(self, other: Order, value: Any, other_value: Any) -> bool:  # noqa: ANN401 - what two sources are ordered by
        """Tell whether a row with `value` comes before one of another source; False where they stand alike.

        A source that lacks the field stands behind one that has it, whichever column that one is read by.
        """
        if self.is_known != other.is_known:
            return self.is_known != self.is_turned
        if value is None or other_value is None:
            return value is not other_value and (other_value is None) != self.is_turned
        try:
            return bool(value != other_value) and bool(value < other_value) != self.falling
        except TypeError:
            return False


_COMPARE = {(True, True): le, (True, False): lt, (False, True): ge, (False, False): gt}


def choose_order(source: Source, sort: Sort | None, reading: Reading, by: str | None = None) -> Order:
    """Return the order asked for where an index serves it or rows are few, else that of the key.

    `by` is the order that an earlier page was read in.
    """
    wanted = NEWEST if sort is None else sort
    # What does not say when it was made is listed by its end.
    is_by_end = sort is None and not has_order(source, wanted.field) and has_order(source, "completed")
    if by is None:
        by = _served(source, "completed" if is_by_end else wanted.field, reading, is_asked=sort is not None)
    column, nullable = (None, False) if by == BY_KEY else _column(source, by, reading)
    return Order(source, wanted.field, by, wanted.descending, column, nullable, reading.dialect)


def has_order(source: Source, field: str) -> bool:
    """Tell whether rows of a source can be told apart by a field."""
    return field == "state" or field in source.fields


def _served(source: Source, field: str, reading: Reading, *, is_asked: bool) -> str:
    if field in source.key_orders or not has_order(source, field):
        return BY_KEY
    return field if field in source.lanes or not reading.is_large(source, is_asked=is_asked) else BY_KEY


def _column(source: Source, field: str, reading: Reading) -> tuple[Column, bool]:
    if field == "state":
        return source.state(reading.moment), True
    if field not in source.fields:
        raise Stale(_UNREADABLE)
    one = source.fields[field]
    if field in source.lanes:
        return one.at, False
    if field in _TEXTS:
        return exact_text(one.at, reading.dialect), True
    kind = one.at.type
    if one.codec.is_time and reading.dialect == "postgresql" and isinstance(kind, DateTime) and kind.timezone:
        # A time outside the calendar is read as the calendar's end, and must be ordered as such.
        within = func.greatest(func.least(one.at, cast(LATEST, kind)), cast(EARLIEST, kind), type_=kind)
        return case((one.at.is_not(None), within), else_=None), True
    return one.at, True


def write_cursor(spots: Mapping[str, Spot]) -> str:
    """Return the spots of all sources as an opaque text."""
    plain = {name: [spot.by, spot.side.value, [_write(one) for one in spot.values]] for name, spot in spots.items()}
    return pack(plain)


def read_cursor(cursor: str) -> dict[str, Spot]:
    """Return the spots that `write_cursor` wrote; raises Stale for a text it did not write."""
    try:
        return {
            str(name): Spot(str(by), Side(side), tuple(_read(one) for one in values))
            for name, (by, side, values) in unpack(cursor).items()
        }
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Stale(_UNREADABLE) from error


# How values that JSON has not are written and read, by the names of their types in a cursor.
_TYPES: Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "time": (datetime, datetime.isoformat, datetime.fromisoformat),
    "uuid": (UUID, str, UUID),
    "decimal": (Decimal, str, Decimal),
    "bytes": (bytes, bytes.hex, bytes.fromhex),
}


def _write(value: Any) -> Any:  # noqa: ANN401 - what a row is ordered by
    written = ([name, write(value)] for name, (of, write, _) in _TYPES.items() if isinstance(value, of))
    return next(written, value)


def _read(value: Any) -> Any:  # noqa: ANN401 - what a row is ordered by
    return _TYPES[value[0]][2](value[1]) if isinstance(value, list) else value
