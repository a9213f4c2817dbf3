"""Opens Laravel database queues."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.examiner import LaravelExaminer
from queuetui.backends.foreign.laravel.inspector import LaravelInspector
from queuetui.backends.foreign.laravel.operator import LaravelOperator
from queuetui.backends.foreign.laravel.settings import LaravelSettings, read_settings
from queuetui.backends.foreign.laravel.table_sets import LOOKING, choose_set, read_tables
from queuetui.backends.foreign.laravel.tables import Tables, name_tables
from queuetui.backends.foreign.laravel.zone_evidence import find_zone
from queuetui.backends.sql.clock import read_clock, zone_as_read
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database
from queuetui.model.errors import NotFound


class LaravelBackend(Backend):
    """One Laravel application's database queue, looked at and mended."""

    def __init__(
        self, database: ConsoleDatabase, tables: Tables, settings: LaravelSettings, options: BackendOptions
    ) -> None:
        self.database, self.tables, self.options = database, tables, options
        super().__init__(
            inspector=lambda: LaravelInspector(database, tables, settings, options),
            operator=lambda: LaravelOperator(database, tables, settings, options),
            examiner=lambda: LaravelExaminer(database),
            limits=options.limits,
            close=database.close,
        )


def open_backend(url: str, options: BackendOptions) -> LaravelBackend:
    """Open the Laravel queue in a database, the one that `options.kind` names behind a colon.

    Raises NotFound when its tables are not there, BadConfig where several could be meant.
    """
    settings = read_settings(options.settings)
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading(LOOKING) as connection:
            catalog = read_tables(connection, settings)
        found = choose_set(catalog, settings, (options.kind or "").partition(":")[2])
        if found is None:
            raise NotFound(
                "no Laravel queue was found there: looked for a table with the columns of jobs or failed_jobs; "
                "name them with laravel.jobs_table and laravel.failed_table, as SCHEMA.TABLE where the connection does not look by itself"
            )
        tables = name_tables(found, database.dialect)
        if settings.timezone is UTC:
            with database.reading("reading when jobs failed") as connection:
                evidence = find_zone(connection, tables, int(read_clock(connection, options.now).timestamp()))
            settings = replace(settings, timezone=evidence.zone, zone_note=evidence.note)
        elif found.failed is not None:
            place, now = (found.failed.schema, found.failed.name, "failed_at"), datetime.now(UTC)
            with database.reading("reading the server's time zone") as connection:
                zone = zone_as_read(connection, *place, settings.timezone, now)
            settings = replace(settings, timezone=zone)
    except BaseException:
        database.close()
        raise
    return LaravelBackend(database, tables, settings, options)
