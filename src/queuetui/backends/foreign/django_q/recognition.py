"""What the tables of django-q2 are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

QUEUE, ENDED = "django_q_ormq", "django_q_task"
PACKAGE = frozenset({"id", "key", "payload", "lock"})
TASK = frozenset({"id", "name", "func", "hook", "args", "kwargs", "result", "started", "stopped", "success", "group"})


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every django-q2 in a database, one a schema."""
    return catalog.sets_with({QUEUE: PACKAGE, ENDED: TASK})
