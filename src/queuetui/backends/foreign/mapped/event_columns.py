"""What the application's log tells of one job, as columns of the job's own row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, Select, String, Text, case, cast, column, func, null, select, table

from queuetui.backends.foreign.mapped.check import event_column
from queuetui.backends.foreign.mapped.columns import Holds, holds, typed
from queuetui.backends.foreign.mapped.described import Described
from queuetui.backends.foreign.mapped.shape import EventsShape, StateShape
from queuetui.backends.sql.catalog import Catalog, StoredTable
from queuetui.backends.tables.source import Column

# Without an index on the job, each row that is read costs a look through the whole log.
MOST_ROWS_WITHOUT_INDEX = 100_000


def started_of(described: Described, running: StateShape, catalog: Catalog) -> Column:
    """Return when the running job of a row began; NULL for every other row, which is then not looked up."""
    events = described.mapping.events
    if events is None or not events.started or not _is_bounded(events, catalog):
        return cast(null(), DateTime(timezone=True))
    log = _Log(described, events, catalog)
    began = log.of_job(func.max(log.at), events.started)
    return _within(described, running, began.scalar_subquery())


def latest_error(described: Described, failed: StateShape | None, catalog: Catalog) -> Column | None:
    """Return what the log says why the failed job of a row failed, None where it does not tell."""
    events = described.mapping.events
    if events is None or failed is None or not events.error or not _is_bounded(events, catalog):
        return None
    log = _Log(described, events, catalog)
    said = log.text(events.error)
    why = log.of_job(said, events.failed).where(said.is_not(None)).order_by(log.at.desc()).limit(1)
    return _within(described, failed, why.scalar_subquery())


def _within(described: Described, shape: StateShape, told: Any) -> Column:  # noqa: ANN401 - a subquery of any type
    return case((described.status.in_([described.label(one) for one in shape.statuses]), told), else_=null())


def _is_bounded(events: EventsShape, catalog: Catalog) -> bool:
    log = catalog.find(events.table)
    if log is None:
        return False
    name = next((one for one in events.job if event_column(one, log)), "")
    return log.leads(name) or (log.rows or 0) <= MOST_ROWS_WITHOUT_INDEX


class _Log:
    """The log's table as a statement names it."""

    def __init__(self, described: Described, events: EventsShape, catalog: Catalog) -> None:
        found = catalog.find(events.table)
        assert found is not None  # noqa: S101 - the mapping was found to fit
        self.stored: StoredTable = found
        schema = None if found.is_visible else found.schema
        columns = [typed(one, catalog.dialect) for one in found.columns.values()]
        self.rows = table(found.name, *columns, schema=schema).alias("log")
        self.described, self.events = described, events
        self.at: Column = self.rows.c[events.at]

    def of_job(self, told: Column, kinds: list[str]) -> Select[Any]:
        """Return what the events of some kinds tell of the job whose row is read."""
        query = select(told).select_from(self.rows).where(self._is_of_job(), self.rows.c[self.events.kind].in_(kinds))
        return query.correlate(self.described.rows)

    def text(self, name: str) -> Column:
        """Return NAME, or the text under a key of a JSON column, which is NULL where the key is not there."""
        head, _, key = name.partition(".")
        if not key:
            return cast(self.rows.c[head], Text())
        # The column is JSON to the database, and text to the rest of this module.
        found: Column = column(head, String(), _selectable=self.rows).op("->>")(key)
        return found

    def _is_of_job(self) -> Column:
        name = next(one for one in self.events.job if event_column(one, self.stored))
        key = self.described.at(self.described.mapping.key.column)
        if "." not in name and holds(self.stored.columns[name]) is Holds.UUID:
            return self.rows.c[name] == key
        return self.text(name) == cast(key, Text())
