"""Opens and discovers Laravel database queues."""

from __future__ import annotations

from queuetui.backends.base import BackendOptions, Found
from queuetui.backends.console_connection import ConsoleDatabase, open_database
from queuetui.backends.foreign.laravel.capabilities import KIND, LABEL
from queuetui.backends.foreign.laravel.examiner import LaravelExaminer
from queuetui.backends.foreign.laravel.inspector import LaravelInspector
from queuetui.backends.foreign.laravel.operator import LaravelOperator
from queuetui.backends.foreign.laravel.settings import LaravelSettings, read_settings
from queuetui.backends.foreign.laravel.tables import Tables, find_tables
from queuetui.model.errors import NotFound
from queuetui.model.snapshot import Part, Watch


class LaravelBackend(LaravelInspector, LaravelOperator, LaravelExaminer):
    """One Laravel application's database queue, looked at and mended."""


def open_backend(url: str, options: BackendOptions) -> LaravelBackend:
    """Open the Laravel queue in a database. Raises NotFound when its tables are not there."""
    database, tables, settings = _look(url, options)
    if tables is None:
        database.close()
        raise NotFound(
            "no Laravel queue was found there: looked for a table with the columns of jobs or failed_jobs; "
            "name them with laravel.jobs_table and laravel.failed_table if they are in another place"
        )
    return LaravelBackend(database, tables, settings, options)


def discover(url: str, options: BackendOptions) -> Found | None:
    """Return what a Laravel queue in a database looks like, None when there is none."""
    database, tables, settings = _look(url, options)
    if tables is None:
        database.close()
        return None
    backend = LaravelBackend(database, tables, settings, options)
    try:
        snapshot = backend.snapshot(Watch(parts=frozenset({Part.COUNTS}), limits=options.limits))
    finally:
        backend.close()
    return Found(KIND, LABEL, f"tables {tables.describe()}", len(snapshot.queues), snapshot.total)


def _look(url: str, options: BackendOptions) -> tuple[ConsoleDatabase, Tables | None, LaravelSettings]:
    settings = read_settings(options.settings)
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    with database.reading("looking for Laravel's tables") as connection:
        return database, find_tables(connection, settings), settings
