"""What some rows of a table tell: their statuses, and how their times are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from queuetui.backends.foreign.mapped.columns import NamedTable, time_codec
from queuetui.backends.foreign.mapped.guesses import guess_fields, guess_status
from queuetui.backends.foreign.mapped.side_shapes import TimesShape
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Column
from queuetui.model.query import TIME_FIELDS

ROWS_LOOKED_AT = 100_000
MOST_STATUSES = 30
# In seconds it is the year 5138, in milliseconds 1973.
_FIRST_MILLISECOND = 100_000_000_000
_TIMES_LOOKED_AT = 1_000
_EXAMPLE = datetime(2026, 1, 31, 13, 5, 9, tzinfo=UTC)


def read_statuses(connection: Connection, stored: StoredTable) -> list[str]:
    """Return the labels of the status, or those that rows bear."""
    name = guess_status(stored.columns)
    if name is None:
        return []
    column = stored.columns[name]
    if column.labels is not None:
        return list(column.labels)
    some = _some(NamedTable(stored, connection.dialect.name).text(name))
    found = connection.execute(select(some.c.one).distinct().limit(MOST_STATUSES)).scalars()
    return sorted(str(one) for one in found if one is not None)


def read_times(connection: Connection, stored: StoredTable) -> Mapping[str, TimesShape]:
    """Return how times stand in columns whose values tell it: numbers by their size, texts by their form."""
    table = NamedTable(stored, connection.dialect.name)
    return dict((*_units(connection, table), *_forms(connection, table)))


def _units(connection: Connection, table: NamedTable) -> Iterator[tuple[str, TimesShape]]:
    """Yield the unit of each column of numbers: those that reach so far can only be milliseconds."""
    for name, column in table.stored.columns.items():
        if holds(column) in (Holds.WHOLE, Holds.NUMBER):
            some = _some(table.at(name))
            largest = connection.execute(select(func.max(some.c.one))).scalar()
            is_ms = _is_at_least(largest, _FIRST_MILLISECOND)
            yield name, TimesShape(kind="milliseconds" if is_ms else "seconds")


def _forms(connection: Connection, table: NamedTable) -> Iterator[tuple[str, TimesShape]]:
    """Yield the form of each column of texts that may be times; an empty one has that of the others."""
    kinds = dict(_text_kinds(table))
    usual = {name: time_codec(times, table.stored.columns[name], table.dialect) for name, times in kinds.items()}
    told = {name: _most_common(connection, table.at(name), codec) for name, codec in usual.items()}
    of_others = next(filter(None, told.values()), None)
    for name, times in kinds.items():
        codec = told[name] or of_others or usual[name]
        yield name, times if codec == usual[name] else TimesShape(kind=times.kind, form=codec.to_store(_EXAMPLE))


def _text_kinds(table: NamedTable) -> Iterator[tuple[str, TimesShape]]:
    guessed = guess_fields(table.stored.columns)
    for name in (column for field, column in guessed.items() if field in TIME_FIELDS):
        kind = holds(table.stored.columns[name])
        if kind is Holds.TEXT or (kind is Holds.NAIVE and table.dialect == "sqlite"):
            yield name, TimesShape(kind="iso" if kind is Holds.TEXT else "naive")


def _most_common(connection: Connection, at: Column, usual: Codec) -> Codec | None:
    """Return the codec that writes as most values of a column are written, None where none is a time."""
    some = _some(at)
    values = connection.execute(select(some.c.one).where(some.c.one.is_not(None)).limit(_TIMES_LOOKED_AT)).scalars()
    found = Counter(codec for codec in map(usual.like, values) if codec is not None).most_common(1)
    return found[0][0] if found else None


def _is_at_least(value: Any, least: int) -> bool:  # noqa: ANN401 - SQLite holds any type in any column
    return isinstance(value, int | float) and value >= least


def _some(column: Column) -> Any:  # noqa: ANN401 - a subquery
    rows: Select[Any] = select(column.label("one")).limit(ROWS_LOOKED_AT)
    return rows.subquery()
