"""What the tables of PgQueuer are recognised by, whatever they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_BOTH = "id created status priority entrypoint"
_JOB = f"{_BOTH} queue_manager_id updated heartbeat execute_after payload".split()
_LOG = f"{_BOTH} job_id traceback".split()
_SCHEDULE = ["expression", "entrypoint", "status"]


def recognise(catalog: Catalog) -> list[tuple[StoredTable, StoredTable]]:
    """Return every PgQueuer in a database, one a table of jobs that a log belongs to."""
    jobs = _jobs_in(catalog)
    return [(one, log) for one in jobs if (log := _belonging(one, jobs, catalog, "_log", _LOG)) is not None]


def schedules_of(table: StoredTable, catalog: Catalog) -> StoredTable | None:
    """Return the schedules that belong to a table of jobs."""
    return _belonging(table, _jobs_in(catalog), catalog, "_schedules", _SCHEDULE)


def _jobs_in(catalog: Catalog) -> list[StoredTable]:
    return [one for one in catalog.tables if one.columns.keys() >= {*_JOB}]


def _belonging(
    table: StoredTable, jobs: list[StoredTable], catalog: Catalog, ending: str, needed: list[str]
) -> StoredTable | None:
    """Return the table with some columns that belongs to a table of jobs.

    It is named after the table; else it is the only one of the same enum that is named after none.
    """
    beside = [one for one in catalog.tables if one.schema == table.schema and one.columns.keys() >= {*needed}]
    found = {one.name: one for one in beside if one.columns["status"].stored == table.columns["status"].stored}
    others = [one for name, one in found.items() if name.removesuffix(ending) not in {job.name for job in jobs}]
    return found.get(f"{table.name}{ending}") or (others[0] if len(others) == 1 else None)
