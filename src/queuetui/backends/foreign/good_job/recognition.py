"""What the tables of GoodJob are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_JOB = "id queue_name priority serialized_params scheduled_at performed_at finished_at error created_at updated_at active_job_id"


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return every GoodJob in a database, one a schema."""
    needed = {
        "good_jobs": _JOB,
        "good_job_processes": "id state updated_at created_at",
        "good_job_settings": "key value",
    }
    sets = catalog.sets_with({name: columns.split() for name, columns in needed.items()})
    if catalog.dialect != "postgresql" or not sets:
        return ()
    from queuetui.backends.foreign.good_job.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(one, options.summaries) for one in sets], catalog, url)
