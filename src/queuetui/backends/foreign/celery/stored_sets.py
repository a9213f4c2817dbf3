"""What the tables are called that Celery keeps in a database, and what they are known by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

OWN, DJANGO, BEAT = "celery_taskmeta", "django_celery_results_taskresult", "django_celery_beat_periodictask"
ZONE = "celery.timezone"
# What the rows of a table of results are called in references to them.
SOURCES = {OWN: "taskmeta", DJANGO: "taskresult"}
_ANY_RESULT = {"id", "task_id", "status", "result", "date_done", "traceback"}
_NEEDED = {
    OWN: _ANY_RESULT,
    DJANGO: _ANY_RESULT | {"content_encoding"},
    BEAT: {"name", "task", "args", "kwargs", "queue", "enabled", "last_run_at", "date_changed"},
}


def sets_in(catalog: Catalog) -> list[Sequence[StoredTable]]:
    """Return the tables of each schema that has some."""
    schemas: dict[str | None, list[StoredTable]] = {}
    for table in catalog.tables:
        if table.name in _NEEDED and table.columns.keys() >= _NEEDED[table.name]:
            schemas.setdefault(table.schema, []).append(table)
    return list(schemas.values())
