"""What the tables of graphile-worker are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_SHARED = frozenset(
    {"id", "payload", "priority", "run_at", "attempts", "max_attempts", "last_error", "created_at", "updated_at"}
    | {"key", "locked_at", "locked_by", "revision", "flags"}
)
# Of versions 0.14 to 0.17.
_COLUMNS = _SHARED | {"job_queue_id", "task_id", "is_available"}
# Up to version 0.13 there is one table more than a view of the same name has columns now.
_OLD = _SHARED | {"queue_name", "task_identifier"}
_PREFIX = "_private_"


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every graphile-worker in a database, one a schema."""
    places = {(table.schema, table.name): table for table in catalog.tables}
    sets = {
        schema: (prefix, table)
        for prefix, needed, others in (("", _OLD, ("job_queues",)), (_PREFIX, _COLUMNS, ("job_queues", "tasks")))
        for (schema, name), table in places.items()
        if name == f"{prefix}jobs" and frozenset(table.columns) >= needed
        if all((schema, f"{prefix}{other}") in places for other in others)
    }
    if catalog.dialect != "postgresql" or not sets:
        return ()
    from queuetui.backends.foreign.graphile_worker.product import describe
    from queuetui.backends.tables.backend import found_of

    found = []
    for schema, (prefix, table) in sets.items():
        is_tried = prefix == _PREFIX and frozenset(table.columns) == _COLUMNS
        found.append(describe(schema or "public", prefix, is_tried=is_tried, hides_rows=table.hides_rows))
    return found_of(found, catalog, url)
