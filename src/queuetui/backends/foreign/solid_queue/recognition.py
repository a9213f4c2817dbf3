"""What the tables of Solid Queue are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.solid_queue import EXECUTIONS, PREFIX

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_JOB = "id queue_name class_name arguments priority active_job_id scheduled_at finished_at concurrency_key created_at updated_at"
_NEEDED = {
    "jobs": _JOB,
    "processes": "id kind last_heartbeat_at pid hostname metadata created_at",
    "pauses": "queue_name created_at",
    "semaphores": "key value expires_at",
    **{f"{name}_executions": f"id job_id created_at {more}" for name, more in EXECUTIONS.items()},
}


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every Solid Queue in a database, one a schema."""
    return catalog.sets_with({PREFIX + name: columns.split() for name, columns in _NEEDED.items()})
