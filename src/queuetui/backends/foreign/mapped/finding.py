"""Finds the tables of a database that mappings fit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from queuetui.backends.base import BackendOptions, Found
from queuetui.backends.foreign.mapped.backend import make_product, read_file
from queuetui.backends.foreign.mapped.names import MAPPING
from queuetui.backends.foreign.mapped.shipped_mappings import read_shipped, recognise
from queuetui.backends.sql.catalog import Catalog, read_catalog
from queuetui.backends.sql.console_connection import open_database
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.source import Product
from queuetui.model.snapshot import Part, Watch


def find_tables(url: str, options: BackendOptions, *, counted: bool) -> tuple[Found, ...]:
    """Return the mapped tables of a database; reading only. Raises BadConfig where the mapping file does not fit."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading("looking for tables that a mapping fits") as connection:
            catalog = read_catalog(connection)
        found = []
        for product in _products(catalog, options):
            one = Found(product.kind, product.label, f"table {product.tables}")
            if counted:
                watch = Watch(parts=frozenset({Part.COUNTS}), limits=options.limits)
                snapshot = TablesInspector(database, product, options).snapshot(watch)
                one = replace(one, queues=len(snapshot.queues), jobs=snapshot.total)
            found.append(one)
        return tuple(found)
    finally:
        database.close()


def _products(catalog: Catalog, options: BackendOptions) -> Iterator[Product]:
    if MAPPING in options.settings:
        yield make_product(read_file(options.settings[MAPPING]), catalog, options)
        return
    for name in recognise(catalog):
        yield make_product(read_shipped(name), catalog, options, name)
