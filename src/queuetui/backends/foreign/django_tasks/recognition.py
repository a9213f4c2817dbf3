"""What the table of django-tasks-db is known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_TABLE = "django_tasks_database_dbtaskresult"
# Since the release of django-tasks that stores errors apart; what 0.13 adds or takes away is read only.
_NEEDED = frozenset(
    "id status args_kwargs priority task_path queue_name run_after enqueued_at started_at finished_at".split()  # noqa: SIM905 - as many quotes would hide the names
)
TRIED = _NEEDED | {
    "worker_ids", "backend_name", "return_value", "exception_class_path", "traceback",
}  # fmt: skip


def recognise(catalog: Catalog) -> list[StoredTable]:
    """Return every table of tasks in a database, one a schema."""
    return [one[_TABLE] for one in catalog.sets_with({_TABLE: _NEEDED})]
