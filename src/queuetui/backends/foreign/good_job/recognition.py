"""What the tables of GoodJob are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_JOB = "id queue_name priority serialized_params scheduled_at performed_at finished_at error created_at updated_at active_job_id"


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every GoodJob in a database, one a schema."""
    needed = {
        "good_jobs": _JOB,
        "good_job_processes": "id state updated_at created_at",
        "good_job_settings": "key value",
    }
    return catalog.sets_with({name: columns.split() for name, columns in needed.items()})
