"""What the table of pg-boss is known by; loads what reads it only where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.pg_boss.names import STATES

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_NEEDED = frozenset(
    {"id", "name", "state", "data", "output", "priority", "retry_count", "retry_limit", "singleton_key", "dead_letter"}
    | {"start_after", "created_on", "started_on", "completed_on"}
)


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every pg-boss in a database, one a schema."""
    tables = _recognise(catalog)
    if not tables:
        return ()
    from queuetui.backends.foreign.pg_boss.product import describe
    from queuetui.backends.tables.backend import found_of

    schedules = {one.schema: one for one in catalog.tables if one.name == "schedule"}
    return found_of([describe(table, schedules.get(table.schema)) for table in tables], catalog, url)


def _recognise(catalog: Catalog) -> list[StoredTable]:
    if catalog.dialect != "postgresql":
        return []
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
