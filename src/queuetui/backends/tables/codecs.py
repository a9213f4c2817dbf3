"""How a value of the filter language stands in a column, and back."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, ClassVar, Self
from uuid import UUID

from queuetui.backends.sql.catalog import StoredColumn
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.model.clock import EARLIEST, LATEST, from_us, to_us

_US_A_MS = 1_000
_US_A_S = 1_000_000
# What no column for whole numbers holds.
_LARGEST = 2**63
_FORM = re.compile(r"\d{4}-\d\d-\d\d([T ])\d\d:\d\d(:\d\d(?:\.(?:\d{3}|\d{6}))?)?(Z|[+-]\d\d(?::?\d\d)?)?", re.ASCII)
# By how much is written behind the minutes.
_TIMESPECS = {0: "minutes", 3: "seconds", 7: "milliseconds", 10: "microseconds"}


@dataclass(frozen=True, slots=True)
class Codec:
    """Text, numbers and truth values that stand as they are.

    The others turn values on their way to a column and back. NULL is None on both sides.
    `is_time`: the values are times, aware and in UTC on our side.
    """

    is_time: ClassVar[bool] = False

    def to_store(self, value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return a value as the column holds it; raises ValueError for one that the column cannot hold."""
        return value

    def from_store(self, value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return a column's value as we know it, None for one that cannot be read."""
        return value

    def lacks_zone(self, value: object) -> bool:
        """Tell whether a column's value is a time that was read in the zone of the application."""
        return False

    def like(self, value: object) -> Self | None:
        """Return the codec that writes in the form of a value, None where the value has no form of its own."""
        return None


@dataclass(frozen=True, slots=True)
class _Time(Codec):
    """A time."""

    is_time: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Whole(Codec):
    """A whole number; what is no number is absent."""

    def to_store(self, value: Any) -> Any:  # noqa: ANN401 - a number or its text
        """Return the number that is given or spelt; raises ValueError for one that no column holds."""
        if not isinstance(value, str):
            return value
        number = int(value)
        if not -_LARGEST <= number < _LARGEST:
            raise ValueError(value)
        return number

    def from_store(self, value: Any) -> int | None:  # noqa: ANN401 - a number or its text
        """Return the number."""
        try:
            return None if value is None else int(value)
        except (ValueError, TypeError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Zoned(_Time):
    """A time that knows its zone (timestamptz)."""

    def from_store(self, value: datetime | None) -> datetime | None:
        """Return the time in UTC."""
        return None if value is None else _in_utc(value)


@dataclass(frozen=True, slots=True)
class _InZone(_Time):
    """A time that the application writes by the clocks of a zone, which the column does not tell."""

    zone: tzinfo = UTC

    def from_store(self, value: object) -> datetime | None:
        """Return the time that a value says, in its own zone where it names one."""
        read = _read_iso(value)
        return None if read is None else _in_utc(read if read.tzinfo is not None else read.replace(tzinfo=self.zone))

    def lacks_zone(self, value: object) -> bool:
        """Tell whether a value is a time and names no zone."""
        read = _read_iso(value)
        return read is not None and read.tzinfo is None


@dataclass(frozen=True, slots=True)
class Naive(_InZone):
    """A time in a column of times without a zone."""

    def to_store(self, value: datetime) -> datetime:
        """Return the application's wall clock at that time."""
        try:
            return value.astimezone(self.zone).replace(tzinfo=None)
        except OverflowError:
            return value.replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Epoch(_Time):
    """A number of units of `us` microseconds since 1970; `whole` columns hold no fractions."""

    us: int = _US_A_S
    whole: bool = True

    def to_store(self, value: datetime) -> int | float:
        """Return the number."""
        return to_us(value) // self.us if self.whole else to_us(value) / self.us

    def from_store(self, value: Any) -> datetime | None:  # noqa: ANN401 - a number of any type, or its text
        """Return the time."""
        if value is None or isinstance(value, bytes):
            return None
        try:
            return from_us(int((float(value) if isinstance(value, str) else value) * self.us))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class IsoText(_InZone):
    """A time as ISO 8601 text, all written alike, as the database compares them letter by letter."""

    # What stands before the hour.
    separator: str = "T"
    # The smallest part that is written.
    timespec: str = "milliseconds"
    # What stands behind that: Z, an offset from UTC, or nothing.
    suffix: str = "Z"

    def to_store(self, value: datetime) -> str:
        """Return the text as the application writes it."""
        zone = datetime.fromisoformat(f"2000-01-01T00:00{self.suffix}").tzinfo or self.zone
        return value.astimezone(zone).replace(tzinfo=None).isoformat(self.separator, self.timespec) + self.suffix

    def like(self, value: object) -> Self | None:
        """Return the codec with the separator, the fraction and the mark of the zone that a text has."""
        found = _FORM.fullmatch(value) if isinstance(value, str) and _read_iso(value) is not None else None
        if found is None:
            return None
        separator, seconds, suffix = found.groups(default="")
        return replace(self, separator=separator, timespec=_TIMESPECS[len(seconds)], suffix=suffix)


@dataclass(frozen=True, slots=True)
class UuidValue(Codec):
    """A uuid in a column of its own type, which is compared as such."""

    def to_store(self, value: str) -> UUID:
        """Return the uuid; raises ValueError for a text that is none."""
        return UUID(value)

    def from_store(self, value: UUID | str | None) -> str | None:
        """Return the uuid with dashes."""
        return None if value is None else str(value)


@dataclass(frozen=True, slots=True)
class ByteDigits(Codec):
    """Bytes, shown as their hexadecimal digits: what a BINARY(16) holds is a uuid and no text."""

    def to_store(self, value: str) -> bytes:
        """Return the bytes; raises ValueError for a text that is no digits."""
        return bytes.fromhex(value)

    def from_store(self, value: Any) -> Any:  # noqa: ANN401 - SQLite may hold anything in such a column
        """Return the digits, what is no bytes as it is."""
        return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else value


@dataclass(frozen=True, slots=True)
class UuidDigits(Codec):
    """A uuid as 32 hexadecimal digits, shown with dashes."""

    def to_store(self, value: str) -> str:
        """Return the digits; raises ValueError for a text that is no uuid."""
        return UUID(value).hex

    def from_store(self, value: Any) -> Any:  # noqa: ANN401 - SQLite may hold anything in such a column
        """Return the uuid with dashes, what is none as it is."""
        try:
            return str(UUID(value)) if isinstance(value, str) else value
        except ValueError:
            return value


@dataclass(frozen=True, slots=True)
class Later(_Time):
    """A time that is a span after the one that stands in the column: until when a beat holds."""

    beat: Codec
    span: timedelta

    def to_store(self, value: datetime) -> Any:  # noqa: ANN401 - whatever the column holds
        """Return what stands in the column where the later time is `value`."""
        return self.beat.to_store(max(value, EARLIEST + self.span) - self.span)

    def from_store(self, value: Any) -> datetime | None:  # noqa: ANN401 - whatever the column holds
        """Return the later time."""
        read: datetime | None = self.beat.from_store(value)
        return None if read is None else min(read, LATEST - self.span) + self.span


PLAIN = Codec()
WHOLE = Whole()
ZONED = Zoned()
EPOCH_S = Epoch()
EPOCH_MS = Epoch(_US_A_MS)


def key_codec(stored: StoredColumn, dialect: str) -> Codec:
    """Return how a value stands in a column that is compared in its own type, as a key is."""
    kind = holds(stored)
    if kind in (Holds.WHOLE, Holds.NUMBER, Holds.TRUTH):
        return WHOLE
    if kind is Holds.UUID:
        return PLAIN if dialect == "sqlite" else UuidValue()
    return ByteDigits() if kind is Holds.BYTES else PLAIN


def utc_codec(stored: StoredColumn, dialect: str, zone: tzinfo = UTC) -> Codec:
    """Return how a product's times, in UTC or a zone, stand in a column that may know its zone."""
    is_zoned = holds(stored) is Holds.ZONED
    if dialect == "sqlite":
        return IsoText(UTC if is_zoned else zone, " ", "microseconds", "")
    return ZONED if is_zoned else Naive(zone)


def uuid_codec(stored: StoredColumn, dialect: str) -> Codec:
    """Return how a uuid stands in a column of its own type, or as 32 hexadecimal digits."""
    return UuidValue() if holds(stored) is Holds.UUID and dialect != "sqlite" else UuidDigits()


def _read_iso(value: object) -> datetime | None:
    """Return a time as it is or as a text says it, None for anything else, as SQLite may hold it."""
    if not isinstance(value, str):
        return value if isinstance(value, datetime) else None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _in_utc(at: datetime) -> datetime:
    """Return an aware time in UTC; one outside the calendar there is its nearest end."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return EARLIEST if at.year == 1 else LATEST
