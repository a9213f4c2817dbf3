"""What the tables of Procrastinate are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

PREFIX = "procrastinate_"
# What the verbs call.
FUNCTIONS = frozenset({"procrastinate_retry_job_v2", "procrastinate_cancel_job_v1"})
# Since version 2.0.3, and of versions 3.4 to 3.10.
NEEDED = frozenset(
    ["id", "queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "status", "scheduled_at", "attempts"]
)


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every Procrastinate in a database, one a schema."""
    return catalog.sets_with({f"{PREFIX}jobs": NEEDED, f"{PREFIX}events": ["type"]})
