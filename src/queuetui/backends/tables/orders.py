"""The order of one source's rows, and a place within it that survives rows coming and going."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, and_, case, cast, false, func, literal, or_, true, tuple_

from queuetui.backends.reading.cursors import pack, unpack
from queuetui.backends.reading.sort_orders import NEWEST
from queuetui.backends.tables.conditions import exact_text
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.source import Column, Condition, Source
from queuetui.model.clock import EARLIEST, LATEST
from queuetui.model.errors import Stale
from queuetui.model.query import Sort

BY_KEY = "key"
_TEXTS = frozenset({"queue", "type"})
_UNREADABLE = "the page's cursor cannot be read; start again from the top"


class Side(StrEnum):
    """Where a place is: at an end of the order, or just before or after a row."""

    START = "start"
    END = "end"
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place between two rows of one source; `values` are those that the row beside it is ordered by."""

    by: str
    side: Side
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """The order of one source: by a column with NULL last, then by the key.

    `by` is the field, or BY_KEY; `is_known`: the source has the field that was asked for.
    """

    source: Source
    by: str
    falling: bool
    column: Column | None
    nullable: bool
    dialect: str
    is_known: bool = True

    @property
    def is_indexed(self) -> bool:
        """Whether rows come in this order without being sorted."""
        return self.column is None or not self.nullable

    @property
    def columns(self) -> list[Column]:
        """What the values of a spot are."""
        keys: list[Column] = [part.at for part in self.source.key]
        return keys if self.column is None else [self.column, *keys]

    def clauses(self, *, backward: bool) -> list[Any]:
        """Return the ORDER BY, turned round for reading backward."""
        falling = self.falling != backward
        ordered = [one.desc() if falling else one.asc() for one in self.columns]
        if self.column is None or not self.nullable:
            return ordered
        is_absent = _is_absent(self.column)
        return [is_absent.desc() if backward else is_absent.asc(), *ordered]

    def beyond(self, spot: Spot, *, backward: bool) -> Condition:
        """Return the condition for rows beyond a spot in the direction of reading."""
        if spot.side in (Side.START, Side.END):
            return false() if (spot.side is Side.START) == backward else true()
        inclusive = (spot.side is Side.BEFORE) != backward
        falling = self.falling != backward
        if self.column is None or not self.nullable:
            return self._later(self.columns, spot.values, falling=falling, inclusive=inclusive)
        at, value = self.column, spot.values[0]
        keys = self._later(self.columns[1:], spot.values[1:], falling=falling, inclusive=inclusive)
        if value is None:
            behind = and_(at.is_(None), keys)
            return or_(behind, at.is_not(None)) if backward else behind
        stored = literal(value, at.type)
        further = at < stored if falling else at > stored
        present = or_(further, and_(at == stored, keys))
        return present if backward else or_(present, at.is_(None))

    def _later(self, columns: Sequence[Column], values: Sequence[Any], *, falling: bool, inclusive: bool) -> Condition:
        stored = [literal(value, column.type) for column, value in zip(columns, values, strict=True)]
        if len(columns) == 1 or self.dialect != "mysql":
            rows: Any = columns[0] if len(columns) == 1 else tuple_(*columns)
            spot: Any = stored[0] if len(columns) == 1 else tuple_(*stored)
            strict = rows < spot if falling else rows > spot
            found: Condition = (rows <= spot if falling else rows >= spot) if inclusive else strict
            return found
        # MySQL finds no range of an index in a comparison of several columns at once.
        first = columns[0] < stored[0] if falling else columns[0] > stored[0]
        return or_(
            first,
            and_(columns[0] == stored[0], self._later(columns[1:], values[1:], falling=falling, inclusive=inclusive)),
        )

    def goes_first(self, other: Order, value: Any, other_value: Any) -> bool | None:  # noqa: ANN401 - what two sources are ordered by
        """Tell whether a row with `value` stands before one of another source; None: they stand alike.

        A source that lacks the field stands behind one that has it, whichever column that one is read by.
        """
        if self.is_known != other.is_known:
            return self.is_known
        return self._precedes(value, other_value)

    def _precedes(self, value: Any, other: Any) -> bool | None:  # noqa: ANN401 - what two sources are ordered by
        if value is None or other is None:
            return None if value is other else other is None
        try:
            return None if value == other else bool(value < other) != self.falling
        except TypeError:
            return None


def choose_order(source: Source, sort: Sort | None, reading: Reading, by: str | None = None) -> Order:
    """Return the order asked for where an index serves it or rows are few, else that of the key.

    `by` is the order that an earlier page was read in.
    """
    wanted = NEWEST if sort is None else sort
    is_known = has_order(source, wanted.field)
    # What does not say when it was made is listed by its end.
    served = "completed" if sort is None and not is_known and has_order(source, "completed") else wanted.field
    field = by if by is not None else _served(source, served, reading, is_asked=sort is not None)
    column, nullable = (None, False) if field == BY_KEY else _column(source, field, reading)
    return Order(source, field, wanted.descending, column, nullable, reading.dialect, is_known)


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
    if (
        one.codec.is_time
        and reading.dialect == "postgresql"
        and isinstance(one.at.type, DateTime)
        and one.at.type.timezone
    ):
        # A time outside the calendar is read as the calendar's end, and must be ordered as such.
        within = func.greatest(
            func.least(one.at, cast(LATEST, one.at.type)), cast(EARLIEST, one.at.type), type_=one.at.type
        )
        return case((one.at.is_not(None), within), else_=None), True
    return one.at, True


def _is_absent(column: Column) -> Column:
    return case((column.is_(None), 1), else_=0)


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


_READERS: Mapping[str, Any] = {
    "time": datetime.fromisoformat,
    "uuid": UUID,
    "decimal": Decimal,
    "bytes": bytes.fromhex,
}


def _write(value: Any) -> Any:  # noqa: ANN401 - what a row is ordered by
    if isinstance(value, datetime):
        return ["time", value.isoformat()]
    if isinstance(value, UUID):
        return ["uuid", str(value)]
    if isinstance(value, Decimal):
        return ["decimal", str(value)]
    return ["bytes", value.hex()] if isinstance(value, bytes) else value


def _read(value: Any) -> Any:  # noqa: ANN401 - what a row is ordered by
    return _READERS[value[0]](value[1]) if isinstance(value, list) else value
