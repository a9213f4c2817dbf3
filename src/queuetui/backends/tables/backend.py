"""Makes a backend of a product and a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.sql.catalog import Catalog, StoredTable, describe_hidden, describe_unreadable
from queuetui.backends.sql.clock import read_clock
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database
from queuetui.backends.sql.server_look import SqlServerLook
from queuetui.backends.tables.examiner import TablesExaminer
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.operator import TablesOperator
from queuetui.backends.tables.product import Product


def make_backend(database: ConsoleDatabase, product: Product, options: BackendOptions) -> Backend:
    """Return one queue of a product, open."""
    inspector = TablesInspector(database, product, options)
    events, upkeep = product.sides.events, product.sides.upkeep
    return Backend(
        inspector=lambda: inspector,
        operator=lambda: TablesOperator(database, product, options, inspector.page_cache.forget),
        examiner=lambda: TablesExaminer(database, product),
        server_look=lambda: SqlServerLook(database.reading, product.has_table, database.dialect),
        limits=options.limits,
        schedules=None if product.sides.schedules is None else lambda: inspector,
        events=None if events is None else lambda: events(database),
        upkeep=None if upkeep is None else lambda: upkeep(database, options.now, inspector.page_cache.forget),
        close=database.close,
    )


def found_of(products: Sequence[Product], catalog: Catalog, url: str) -> tuple[Found, ...]:
    """Return the queues that a product recognised in the catalog of a database, as discovery tells them."""
    tables = [[one for one in map(catalog.find, each.tables.split(", ")) if one is not None] for each in products]
    readable = [one for one, its in zip(products, tables, strict=True) if not describe_unreadable(its)] or products
    plain = [one for one in readable if one.is_visible] or list(readable)

    def tell(product: Product, its: Sequence[StoredTable]) -> Found:
        kind = product.kind if plain == [product] else f"{product.kind}:{product.name}"
        return Found(
            kind,
            product.label,
            f"tables {product.tables}{describe_hidden(its)}",
            lambda options: open_product(url, product, options),
            name=product.name,
            refusal=describe_unreadable(its),
            named_only=product not in plain,
        )

    return tuple(map(tell, products, tables))


def open_product(url: str, product: Product, options: BackendOptions) -> Backend:
    """Open one queue of a product, once what only its rows tell is learned."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s, product.functions)
    if product.learn_sources is None:
        return make_backend(database, product, options)
    try:
        with database.reading(f"reading what the tables of {product.label} tell") as connection:
            sources = product.learn_sources(connection, read_clock(connection, options.now))
    except BaseException:
        database.close()
        raise
    return make_backend(database, replace(product, sources=sources), options)
