"""What the tables of PgQueuer are recognised by, whatever they are called.

What reads them is imported only where there are some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_BOTH = "id created status priority entrypoint"
_JOB = f"{_BOTH} queue_manager_id updated heartbeat execute_after payload".split()
_LOG = f"{_BOTH} job_id traceback".split()


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every PgQueuer in a database, one a table of jobs that a log belongs to."""
    jobs = [one for one in catalog.tables if one.columns.keys() >= {*_JOB}]
    pairs = [(one, log) for one in jobs if (log := _log_of(one, jobs, catalog)) is not None]
    if not pairs:
        return ()
    from queuetui.backends.foreign.pgqueuer.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(*pair, _schedules_of(pair[0], catalog)) for pair in pairs], catalog, url)


def _schedules_of(table: StoredTable, catalog: Catalog) -> StoredTable | None:
    """Return the schedules that are named after a table of jobs."""
    name = f"{table.name}_schedules"
    return next((one for one in catalog.tables if one.schema == table.schema and one.name == name), None)


def _log_of(table: StoredTable, jobs: list[StoredTable], catalog: Catalog) -> StoredTable | None:
    """Return the log that belongs to a table of jobs.

    It is named after the table; else it is the only log of the same enum that is named after none.
    """
    beside = [one for one in catalog.tables if one.schema == table.schema and one.columns.keys() >= {*_LOG}]
    logs = {one.name: one for one in beside if one.columns["status"].stored == table.columns["status"].stored}
    others = [one for name, one in logs.items() if name.removesuffix("_log") not in {job.name for job in jobs}]
    return logs.get(f"{table.name}_log") or (others[0] if len(others) == 1 else None)
