"""What the application's log tells of one job, as columns of the job's own row."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, null, or_, select

from queuetui.backends.foreign.mapped.columns import Described
from queuetui.backends.foreign.mapped.shape import StateShape
from queuetui.backends.foreign.mapped.side_shapes import EventsShape
from queuetui.backends.foreign.mapped.side_tables import SideTable, find_side
from queuetui.backends.sql.catalog import Catalog
from queuetui.backends.tables.source import Column, Condition, Field
from queuetui.backends.tables.stored_columns import Holds, holds
from queuetui.model.event import EventKind

# Without an index on the job, each row that is read costs a look through the whole log.
MOST_ROWS_WITHOUT_INDEX = 100_000


def started_of(described: Described, running: StateShape, catalog: Catalog) -> Field | None:
    """Return when the running job of a row began, None where the log does not tell.

    No other row is looked up.
    """
    log = _find_log(described, catalog)
    if log is None or not log.events.words(EventKind.JOB_STARTED):
        return None
    at = log.events.at
    began = log.of_job(func.max(log.table.at(at)), log.events.words(EventKind.JOB_STARTED))
    return Field(_within(described, running, began.scalar_subquery()), log.table.codec(at))


def latest_error(described: Described, failed: StateShape | None, catalog: Catalog) -> Column | None:
    """Return what the log says why the failed job of a row failed, None where it does not tell."""
    log = _find_log(described, catalog)
    if log is None or failed is None or not log.events.error:
        return None
    said = log.table.text(log.events.error)
    why = log.of_job(said, log.events.words(EventKind.JOB_FAILED)).where(said.is_not(None))
    return _within(described, failed, why.order_by(log.table.at(log.events.at).desc()).limit(1).scalar_subquery())


def _within(described: Described, shape: StateShape, told: Any) -> Column:  # noqa: ANN401 - a subquery of any type
    return case((described.status.in_([described.label(one) for one in shape.statuses]), told), else_=null())


def _find_log(described: Described, catalog: Catalog) -> _Log | None:
    """Return the log where looking up one job in it is bounded."""
    events = described.mapping.events
    table = find_side(described.mapping, events, catalog)
    if events is None or table is None:
        return None
    names = [name for name in events.job if table.has(name)]
    if table.stored.leads(names[0]):
        return _Log(described, events, table, names[:1])
    return _Log(described, events, table, names) if (table.stored.rows or 0) <= MOST_ROWS_WITHOUT_INDEX else None


class _Log:
    """The log, joined to the row of a job by the columns that name it."""

    def __init__(self, described: Described, events: EventsShape, table: SideTable, names: list[str]) -> None:
        self.described, self.events, self.table, self.names = described, events, table, names

    def of_job(self, told: Column, kinds: list[str]) -> Select[Any]:
        """Return what the events of some kinds tell of the job whose row is read."""
        said = self.table.text(self.events.kind).in_(kinds)
        return select(told).select_from(self.table.rows).where(self._is_of_job(), said).correlate(self.described.rows)

    def _is_of_job(self) -> Condition:
        key = self.described.mapping.key.column
        is_uuid = holds(self.described.stored.columns[key]) is Holds.UUID
        return or_(*(self.table.equals_column(name, self.described.at(key), is_uuid=is_uuid) for name in self.names))
