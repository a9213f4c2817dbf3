"""What the tables of graphile-worker are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_SHARED = frozenset(
    {"id", "payload", "priority", "run_at", "attempts", "max_attempts", "last_error", "created_at", "updated_at"}
    | {"key", "locked_at", "locked_by", "revision", "flags"}
)
# What the verbs call.
FUNCTIONS = frozenset({"complete_jobs", "permanently_fail_jobs", "reschedule_jobs"})
NUMBERED = _SHARED | {"job_queue_id", "task_id", "is_available"}
# Up to version 0.13, in 0.14 and 0.15, and since 0.16, where a view has the name that the table had.
_LAYOUTS = (
    ("", _SHARED | {"queue_name", "task_identifier"}, ("job_queues",)),
    ("", NUMBERED, ("job_queues", "tasks")),
    ("_private_", NUMBERED, ("job_queues", "tasks")),
)


def recognise(catalog: Catalog) -> list[tuple[str, StoredTable]]:
    """Return every graphile-worker in a database, one a schema.

    Each is the table of its jobs with what its name begins with.
    """
    places = {(table.schema, table.name): table for table in catalog.tables}
    sets = {
        schema: (prefix, table)
        for prefix, needed, others in _LAYOUTS
        for (schema, name), table in places.items()
        if name == f"{prefix}jobs" and frozenset(table.columns) >= needed
        if all((schema, f"{prefix}{other}") in places for other in others)
    }
    return [*sets.values()]
