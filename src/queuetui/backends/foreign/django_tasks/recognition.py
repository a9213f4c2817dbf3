"""What the table of django-tasks-db is known by; loads what reads it only where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.reading.zones import read_zone

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_TABLE = "django_tasks_database_dbtaskresult"
# Since the release of django-tasks that stores errors apart; what 0.13 adds or takes away is read only.
_NEEDED = frozenset(
    "id status args_kwargs priority task_path queue_name run_after enqueued_at started_at finished_at".split()  # noqa: SIM905 - as many quotes would hide the names
)
_TRIED = _NEEDED | {
    "worker_ids", "backend_name", "return_value", "exception_class_path", "traceback",
}  # fmt: skip


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every table of tasks in a database, one a schema."""
    sets = catalog.sets_with({_TABLE: _NEEDED})
    if not sets:
        return ()
    from queuetui.backends.foreign.django_tasks.product import DjangoTasks
    from queuetui.backends.tables.backend import found_of

    zone = read_zone(options.settings, "django-tasks-db.timezone")
    tables = [one[_TABLE] for one in sets]
    products = [
        DjangoTasks(one, catalog.dialect, zone, options.summaries, is_tried=frozenset(one.columns) == _TRIED).describe()
        for one in tables
    ]
    return found_of(products, catalog, url)
