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
from queuetui.backends.foreign.laravel.tables import Tables
from queuetui.backends.foreign.laravel.zone_evidence import find_zone
from queuetui.backends.sql.clock import read_clock, zone_as_read
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.backend import make_backend
from queuetui.backends.tables.product import Product
from queuetui.model.payload import SummaryPaths

# Describes the queue of an application's tables, as `describe` does.
Describe = Callable[[Tables, LaravelSettings, SummaryPaths], Product]


def open_set(url: str, tables: Tables, options: BackendOptions, describing: Describe = describe) -> Backend:
    """Open the Laravel queue of one set of tables."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading("reading when jobs failed") as connection:
            settings = _with_zone(connection, tables, options)
    except BaseException:
        database.close()
        raise
    return make_backend(database, describing(tables, settings, options.summaries), options)


def _with_zone(connection: Connection, tables: Tables, options: BackendOptions) -> LaravelSettings:
    """Return the settings with the zone of failures, which is found from these if it is not named."""
    settings = read_settings(options.settings)
    if settings.timezone is UTC:
        evidence = find_zone(connection, tables, int(read_clock(connection, options.now).timestamp()))
        return replace(settings, timezone=evidence.zone, zone_note=evidence.note)
    if tables.failed is None:
        return settings
    place = (tables.failed.schema, tables.failed.name, "failed_at")
    return replace(settings, timezone=zone_as_read(connection, *place, settings.timezone, datetime.now(UTC)))
