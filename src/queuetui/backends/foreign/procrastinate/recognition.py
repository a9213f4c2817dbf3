"""What the tables of Procrastinate are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_PREFIX = "procrastinate_"
# Since version 2.0.3, and of versions 3.4 to 3.10.
_NEEDED = frozenset(
    ["id", "queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "status", "scheduled_at", "attempts"]
)
_COLUMNS = _NEEDED | {"abort_requested", "worker_id"}
_STATUSES = ["todo", "doing", "succeeded", "failed", "cancelled", "aborting", "aborted"]
_TYPES = "deferred started deferred_for_retry failed succeeded cancelled abort_requested aborted scheduled retried"


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every Procrastinate in a database, one a schema."""
    named = [table for table in catalog.tables if table.name.startswith(_PREFIX)]
    places = {(table.schema, table.name.removeprefix(_PREFIX)): table for table in named}
    schemas = [schema for schema, name in places if name == "jobs" and (schema, "events") in places]
    sets = [schema for schema in schemas if frozenset(places[schema, "jobs"].columns) >= _NEEDED]
    if catalog.dialect != "postgresql" or not sets:
        return ()
    from queuetui.backends.foreign.procrastinate.product import ProcrastinateLayout, describe
    from queuetui.backends.tables.backend import found_of

    found = []
    for schema in sets:
        columns, registers = places[schema, "jobs"].columns, (schema, "workers") in places
        labels = [*(columns["status"].labels or ()), *(places[schema, "events"].columns["type"].labels or ())]
        is_tried = frozenset(columns) == _COLUMNS and labels == [*_STATUSES, *_TYPES.split()] and registers
        beats, aborts = registers and "worker_id" in columns, "abort_requested" in columns
        layout = ProcrastinateLayout(schema or "public", beats, aborts, is_tried)
        found.append(describe(layout, places.get((schema, "periodic_defers"))))
    return found_of(found, catalog, url)
