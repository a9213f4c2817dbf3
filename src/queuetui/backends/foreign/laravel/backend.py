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
from queuetui.backends.foreign.laravel.table_sets import TableSet
from queuetui.backends.foreign.laravel.tables import Tables, name_tables
from queuetui.backends.foreign.laravel.zone_evidence import find_zone
from queuetui.backends.sql.clock import read_clock, zone_as_read
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database


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


def open_set(url: str, found: TableSet, options: BackendOptions) -> LaravelBackend:
    """Open the Laravel queue of one set of tables."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        tables = name_tables(found, database.dialect)
        settings = _with_zone(database, found, tables, options)
    except BaseException:
        database.close()
        raise
    return LaravelBackend(database, tables, settings, options)


def _with_zone(database: ConsoleDatabase, found: TableSet, tables: Tables, options: BackendOptions) -> LaravelSettings:
    """Return the settings with the zone of the times of failures, found out where the profile does not say it."""
    settings = read_settings(options.settings)
    if settings.timezone is UTC:
        with database.reading("reading when jobs failed") as connection:
            evidence = find_zone(connection, tables, int(read_clock(connection, options.now).timestamp()))
        return replace(settings, timezone=evidence.zone, zone_note=evidence.note)
    if found.failed is None:
        return settings
    place, now = (found.failed.schema, found.failed.name, "failed_at"), datetime.now(UTC)
    with database.reading("reading the server's time zone") as connection:
        return replace(settings, timezone=zone_as_read(connection, *place, settings.timezone, now))
