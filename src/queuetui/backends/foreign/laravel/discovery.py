"""Whether there is a Laravel queue in a database; loads what reads one only where the catalog has its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.base import Found
from queuetui.backends.foreign.laravel.settings import LaravelSettings, read_settings
from queuetui.backends.foreign.laravel.sqlite_catalog import may_hold_queue
from queuetui.backends.foreign.laravel.table_sets import (
    LOOKING,
    TableSet,
    choose_set,
    find_sets,
    read_tables,
    refuse_unreadable,
)
from queuetui.model.snapshot import Part, Watch

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.sql.console_connection import ConsoleDatabase


def discover(url: str, options: BackendOptions, *, counted: bool = True) -> tuple[Found, ...]:
    """Return what the Laravel queues in a database look like, one a set of tables. Raises Denied where none may be read."""
    settings = read_settings(options.settings)
    if url.startswith("sqlite") and not settings.names_tables and not may_hold_queue(url):
        return ()
    from queuetui.backends.sql.console_connection import open_database

    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        found = _find_sets(database, settings)
        readable = [one for one in found if one.is_readable]
        if found and not readable:
            refuse_unreadable(found[0])
        plain = [one for one in readable if one.is_plain] or readable
        return tuple(_describe(database, one, plain, settings, options if counted else None) for one in readable)
    finally:
        database.close()


def _find_sets(database: ConsoleDatabase, settings: LaravelSettings) -> list[TableSet]:
    with database.reading(LOOKING) as connection:
        catalog = read_tables(connection, settings)
    sets = (choose_set(catalog, settings, ""),) if settings.names_tables else find_sets(catalog)
    return [one for one in sets if one is not None]


def _describe(
    database: ConsoleDatabase,
    one: TableSet,
    plain: Sequence[TableSet],
    settings: LaravelSettings,
    options: BackendOptions | None,
) -> Found:
    """Describe a set; with options, count its jobs."""
    from queuetui.backends.foreign.laravel.backend import LaravelBackend
    from queuetui.backends.foreign.laravel.capabilities import KIND, LABEL
    from queuetui.backends.foreign.laravel.tables import name_tables

    tables = name_tables(one, database.dialect)
    kind = KIND if plain == [one] else f"{KIND}:{one.name}"
    detail = f"tables {tables.describe()}" + (f"; {one.guess}" if one.guess else "")
    found = Found(kind, LABEL, detail, named_only=one not in plain)
    if options is None:
        return found
    inspector = LaravelBackend(database, tables, settings, options).inspector
    snapshot = inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}), limits=options.limits))
    return replace(found, queues=len(snapshot.queues), jobs=snapshot.total)
