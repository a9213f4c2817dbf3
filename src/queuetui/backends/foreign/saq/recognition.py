"""What SAQ's tables in PostgreSQL are recognised by, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

JOBS = frozenset("key lock_key job queue status priority group_key scheduled expire_at".split())  # noqa: SIM905 - as many quotes would hide the names
WORKERS = frozenset({"worker_id", "stats", "expire_at", "metadata", "queue_key"})
_NEEDED = JOBS - {"lock_key", "group_key"}


def recognise(catalog: Catalog) -> list[tuple[StoredTable, StoredTable | None]]:
    """Return every table of jobs in a database, with that of its workers, which is named alike."""
    jobs = [one for one in catalog.tables if one.columns.keys() >= _NEEDED and one.columns["job"].stored == "bytea"]
    return [(one, _workers_of(one, catalog)) for one in jobs]


def _workers_of(jobs: StoredTable, catalog: Catalog) -> StoredTable | None:
    names = (jobs.name.replace("jobs", "stats"), "saq_stats")
    beside = (one for name in names if (one := catalog.beside(jobs, name)) is not None)
    return next((one for one in beside if one.columns.keys() >= WORKERS), None)
