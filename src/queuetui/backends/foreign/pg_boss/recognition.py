"""What the table of pg-boss is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.pg_boss.names import STATES

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_NEEDED = frozenset(
    {"id", "name", "state", "data", "output", "priority", "retry_count", "retry_limit", "singleton_key", "dead_letter"}
    | {"start_after", "created_on", "started_on", "completed_on"}
)


def recognise(catalog: Catalog) -> list[StoredTable]:
    """Return the table of every pg-boss in a database, one a schema."""
    places = {(table.schema, table.name) for table in catalog.tables}
    return [
        table
        for table in catalog.tables
        if table.name == "job"
        and frozenset(table.columns) >= _NEEDED
        and {"expire_in", "expire_seconds"} & frozenset(table.columns)
        and table.columns["state"].labels == STATES
        and (table.schema, "queue") in places
    ]
