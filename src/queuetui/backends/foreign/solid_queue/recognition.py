"""What the tables of Solid Queue are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.solid_queue import EXECUTIONS, PREFIX

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_JOB = "id queue_name class_name arguments priority active_job_id scheduled_at finished_at concurrency_key created_at updated_at"
_NEEDED = {
    "jobs": _JOB,
    "processes": "id kind last_heartbeat_at pid hostname metadata created_at",
    "pauses": "queue_name created_at",
    "semaphores": "key value expires_at",
    **{f"{name}_executions": "id job_id created_at" for name in EXECUTIONS},
}


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every Solid Queue in a database, one a schema."""
    sets = catalog.sets_with({PREFIX + name: columns.split() for name, columns in _NEEDED.items()})
    if not sets:
        return ()
    from queuetui.backends.foreign.solid_queue.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(one, catalog.dialect, options.summaries) for one in sets], catalog, url)
