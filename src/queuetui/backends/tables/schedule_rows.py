"""Schedules that a product keeps in a table, and how the last job of each stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, FromClause, Table, Text, case, cast, select

from queuetui.backends.schedules import MOST_SCHEDULES
from queuetui.backends.sql.catalog import StoredTable
from queuetui.backends.sql.stored_types import Holds, as_table, as_text, holds
from queuetui.backends.tables.codecs import utc_codec
from queuetui.backends.tables.lookup import find_by_key
from queuetui.backends.tables.moments import Reading
from queuetui.backends.tables.source import Column, Field
from queuetui.model.schedule import KeptSchedule, ScheduleReading

# So many last jobs are looked for at one look.
_MOST_LAST = 100
_TIMES = (Holds.ZONED, Holds.NAIVE)
# A column's name, or what is made of the columns.
At = str | Callable[[Any], Field]


@dataclass(frozen=True)
class ScheduleRows:
    """A table with a row for each schedule; `fields` are named as those of KeptSchedule."""

    rows: FromClause
    fields: Mapping[str, Field]

    def read(self, connection: Connection) -> tuple[KeptSchedule, ...]:
        """Return the schedules by name, one more than are shown where there are more."""
        labelled = [one.at.label(name) for name, one in self.fields.items()]
        chosen = select(*labelled).select_from(self.rows).order_by(self.fields["name"].at).limit(MOST_SCHEDULES + 1)
        return tuple(map(self._schedule, connection.execute(chosen).mappings()))

    def _schedule(self, row: Mapping[Any, Any]) -> KeptSchedule:
        said = {name: one.codec.from_store(row[name]) for name, one in self.fields.items()}
        known: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return KeptSchedule(**{"name": "?", "type": "?", **known, "paused": bool(said.get("paused"))})


def find_schedules(
    stored: StoredTable | None, dialect: str, **at: At
) -> Callable[[Connection], tuple[KeptSchedule, ...]] | None:
    """Return what reads a product's table of schedules, None where this user cannot read one.

    `at` gives columns by the names of KeptSchedule; those that the table lacks are left out. Times without a zone are in UTC.
    """
    if stored is None or not stored.is_readable:
        return None
    table = as_table(stored, dialect)
    fields: dict[str, Field] = {}
    for name, one in at.items():
        with suppress(AttributeError, KeyError):
            # Another version of the product may lack a column.
            fields[name] = one(table.c) if callable(one) else _field(stored, table, one, dialect)
    return ScheduleRows(table, fields).read if fields.keys() >= {"name", "type"} else None


def _field(stored: StoredTable, table: Table, name: str, dialect: str) -> Field:
    column = stored.columns[name]
    if holds(column) in _TIMES:
        return Field(table.c[name], utc_codec(column, dialect))
    return Field(as_text(column, table.c[name]))


def within(outer: Column, inner: Column) -> Field:
    """Return the name of a schedule that a second column, unless empty, tells from others."""
    return Field(case((inner != "", cast(outer, Text) + "/" + cast(inner, Text)), else_=cast(outer, Text)))


def read_schedules(reading: Reading) -> ScheduleReading:
    """Return the schedules of a product, with the states of the last jobs that an index leads to."""
    read = reading.product.sides.schedules
    found = () if read is None else read(reading.connection)
    wanted = dict.fromkeys(one.last_job_id for one in found if one.last_job_id is not None)
    jobs = {job_id: find_by_key(reading, job_id, 1) for job_id in [*wanted][:_MOST_LAST]}
    states = {job_id: one[0].state for job_id, one in jobs.items() if one}
    kept = tuple(replace(one, last_state=states.get(one.last_job_id or "")) for one in found[:MOST_SCHEDULES])
    return ScheduleReading(reading.moment.now, (), is_cut=len(found) > MOST_SCHEDULES, kept=kept)
