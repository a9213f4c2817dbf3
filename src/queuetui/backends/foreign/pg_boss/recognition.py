"""What the table of pg-boss is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.pg_boss.names import EARLIER_STATES, STATES, earlier

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_NEEDED = frozenset(
    {"id", "name", "state", "data", "output", "priority", "retry_count", "retry_limit", "singleton_key"}
    | {"start_after", "created_on", "started_on", "completed_on"}
)
# Up to version 9: without dead letters, and without a table of queues.
_EARLIER = frozenset(map(earlier, _NEEDED | {"expire_in"}))


def recognise(catalog: Catalog) -> list[StoredTable]:
    """Return the table of every pg-boss in a database, one a schema."""
    places = {(table.schema, table.name) for table in catalog.tables}
    return [
        table
        for table in catalog.tables
        if table.name == "job" and (_is_today(table, (table.schema, "queue") in places) or _is_earlier(table))
    ]


def _is_today(table: StoredTable, has_queues: bool) -> bool:
    there = frozenset(table.columns)
    is_whole = there >= _NEEDED | {"dead_letter"} and bool({"expire_in", "expire_seconds"} & there)
    return has_queues and is_whole and table.columns["state"].labels == STATES


def _is_earlier(table: StoredTable) -> bool:
    return frozenset(table.columns) >= _EARLIER and table.columns["state"].labels == EARLIER_STATES
