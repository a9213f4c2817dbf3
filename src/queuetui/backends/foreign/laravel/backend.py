"""Opens Laravel database queues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.foreign.laravel.description import describe
from queuetui.backends.foreign.laravel.settings import LaravelSettings, read_settings
from queuetui.backends.foreign.laravel.table_sets import TableSet
from queuetui.backends.foreign.laravel.tables import Tables, name_tables
from queuetui.backends.foreign.laravel.zone_evidence import find_zone
from queuetui.backends.sql.clock import read_clock, zone_as_read
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.backend import make_backend
from queuetui.backends.tables.source import Product
from queuetui.model.payload import SummaryPaths

# Describes the queue of an application's tables, as `describe` does.
Describe = Callable[[Tables, LaravelSettings, SummaryPaths, str], Product]


def open_set(url: str, found: TableSet, options: BackendOptions, describing: Describe = describe) -> Backend:
    """Open the Laravel queue of one set of tables."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        tables = name_tables(found, database.dialect)
        with database.reading("reading when jobs failed") as connection:
            settings = _with_zone(connection, found, tables, options)
    except BaseException:
        database.close()
        raise
    return make_backend(database, describing(tables, settings, options.summaries, database.dialect), options)


def _with_zone(connection: Connection, found: TableSet, tables: Tables, options: BackendOptions) -> LaravelSettings:
    """Return the settings with the zone of the times of failures, found out where the profile does not say it."""
    settings = read_settings(options.settings)
    if settings.timezone is UTC:
        evidence = find_zone(connection, tables, int(read_clock(connection, options.now).timestamp()))
        return replace(settings, timezone=evidence.zone, zone_note=evidence.note)
    if found.failed is None:
        return settings
    place = (found.failed.schema, found.failed.name, "failed_at")
    return replace(settings, timezone=zone_as_read(connection, *place, settings.timezone, datetime.now(UTC)))
