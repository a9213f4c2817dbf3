"""What the tables of PgQueuer are recognised by, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_BOTH = "id created status priority entrypoint"
_JOB = f"{_BOTH} queue_manager_id updated heartbeat execute_after payload".split()
_LOG = f"{_BOTH} job_id traceback".split()


def recognise(catalog: Catalog) -> list[tuple[StoredTable, StoredTable]]:
    """Return every PgQueuer in a database, one a table of jobs that a log belongs to."""
    jobs = [one for one in catalog.tables if one.columns.keys() >= {*_JOB}]
    return [(one, log) for one in jobs if (log := _log_of(one, jobs, catalog)) is not None]


def _log_of(table: StoredTable, jobs: list[StoredTable], catalog: Catalog) -> StoredTable | None:
    """Return the log that belongs to a table of jobs.

    It is named after the table; else it is the only log of the same enum that is named after none.
    """
    beside = [one for one in catalog.tables if one.schema == table.schema and one.columns.keys() >= {*_LOG}]
    logs = {one.name: one for one in beside if one.columns["status"].stored == table.columns["status"].stored}
    others = [one for name, one in logs.items() if name.removesuffix("_log") not in {job.name for job in jobs}]
    return logs.get(f"{table.name}_log") or (others[0] if len(others) == 1 else None)
