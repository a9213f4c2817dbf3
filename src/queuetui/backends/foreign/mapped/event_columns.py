"""What the application's log tells of one job, as columns of the job's own row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, null, or_, select

from queuetui.backends.foreign.mapped.columns import Described
from queuetui.backends.foreign.mapped.shape import StateShape
from queuetui.backends.foreign.mapped.side_shapes import EventsShape
from queuetui.backends.foreign.mapped.side_tables import SideTable, find_side
from queuetui.backends.sql.catalog import Catalog
from queuetui.backends.sql.stored_types import Holds, holds
from queuetui.backends.tables.source import Column, Condition, Field
from queuetui.model.event import EventKind

# Without an index on the job, each row that is read costs a look through the whole log.
MOST_ROWS_WITHOUT_INDEX = 100_000


def started_of(described: Described, running: StateShape, catalog: Catalog) -> Field | None:
    """Return when the running job of a row began, None where the log does not tell.

    No other row is looked up.
    """
    log = _find_log(described, catalog)
    if log is None or not log.table.shape.words(EventKind.JOB_STARTED):
        return None
    at = log.table.shape.at
    began = log.of_job(func.max(log.table.at(at)), EventKind.JOB_STARTED)
    return Field(_within(described, running, began.scalar_subquery()), log.table.codec(at))


def latest_error(described: Described, failed: StateShape | None, catalog: Catalog) -> Column | None:
    """Return what the log says why the failed job of a row failed, None where it does not tell."""
    log = _find_log(described, catalog)
    if log is None or failed is None or not log.table.shape.error:
        return None
    said = log.table.text(log.table.shape.error)
    why = log.of_job(said, EventKind.JOB_FAILED).where(said.is_not(None))
    newest = why.order_by(log.table.at(log.table.shape.at).desc()).limit(1)
    return _within(described, failed, newest.scalar_subquery())


def _within(described: Described, shape: StateShape, told: Any) -> Column:  # noqa: ANN401 - a subquery of any type
    return case((described.status.in_([described.label(one) for one in shape.statuses]), told), else_=null())


def _find_log(described: Described, catalog: Catalog) -> _Log | None:
    """Return the log where looking up one job in it is bounded."""
    table = find_side(described.mapping, described.mapping.events, catalog)
    if table is None:
        return None
    names = [name for name in table.shape.job if table.has(name)]
    if table.stored.leads(names[0]):
        return _Log(described, table, names[:1])
    return _Log(described, table, names) if (table.stored.rows or 0) <= MOST_ROWS_WITHOUT_INDEX else None


@dataclass(frozen=True, slots=True)
class _Log:
    """The log, joined to the row of a job by the columns that name it."""

    described: Described
    table: SideTable[EventsShape]
    names: list[str]

    def of_job(self, told: Column, kind: EventKind) -> Select[Any]:
        """Return what the events of a kind tell of the job whose row is read."""
        said = self.table.text(self.table.shape.kind).in_(self.table.shape.words(kind))
        return select(told).select_from(self.table.rows).where(self._is_of_job(), said).correlate(self.described.rows)

    def _is_of_job(self) -> Condition:
        key = self.described.mapping.key.column
        is_uuid = holds(self.described.stored.columns[key]) is Holds.UUID
        return or_(*(self.table.equals_column(name, self.described.at(key), is_uuid=is_uuid) for name in self.names))
