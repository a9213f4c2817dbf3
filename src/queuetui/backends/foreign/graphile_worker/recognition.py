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
# What the verbs call.
FUNCTIONS = frozenset({"complete_jobs", "permanently_fail_jobs", "reschedule_jobs"})
_NUMBERED = _SHARED | {"job_queue_id", "task_id", "is_available"}
# Up to version 0.13, in 0.14 and 0.15, and since 0.16, where a view has the name that the table had.
_LAYOUTS = (
    ("", _SHARED | {"queue_name", "task_identifier"}, ("job_queues",)),
    ("", _NUMBERED, ("job_queues", "tasks")),
    ("_private_", _NUMBERED, ("job_queues", "tasks")),
)


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every graphile-worker in a database, one a schema."""
    places = {(table.schema, table.name): table for table in catalog.tables}
    sets = {
        schema: (prefix, table)
        for prefix, needed, others in _LAYOUTS
        for (schema, name), table in places.items()
        if name == f"{prefix}jobs" and frozenset(table.columns) >= needed
        if all((schema, f"{prefix}{other}") in places for other in others)
    }
    if catalog.dialect != "postgresql" or not sets:
        return ()
    from queuetui.backends.foreign.graphile_worker.product import GraphileShape, describe
    from queuetui.backends.tables.backend import found_of

    found = []
    for schema, (prefix, table) in sets.items():
        there = {name for place, name, _ in catalog.functions if place == (schema or "public")}
        is_tried = bool(prefix) and frozenset(table.columns) == _NUMBERED and there >= FUNCTIONS
        numbered = "task_id" in table.columns
        shape = GraphileShape(schema or "public", prefix, numbered, is_tried, table.hides_rows)
        found.append(describe(shape, places.get((schema, f"{prefix}known_crontabs"))))
    return found_of(found, catalog, url)
