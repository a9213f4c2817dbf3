"""Makes a backend of a product and a database."""

from __future__ import annotations

from collections.abc import Sequence

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.found import Found
from queuetui.backends.sql.catalog import Catalog, describe_hidden, describe_unreadable
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
    plain = [one for one in products if one.is_visible] or list(products)

    def describe(product: Product) -> Found:
        tables = [one for one in map(catalog.find, product.tables.split(", ")) if one is not None]
        kind = product.kind if plain == [product] else f"{product.kind}:{product.name}"
        return Found(
            kind,
            product.label,
            f"tables {product.tables}{describe_hidden(tables)}",
            lambda options: _open(url, product, options),
            name=product.name,
            refusal=describe_unreadable(tables),
            named_only=product not in plain,
        )

    return tuple(map(describe, products))


def _open(url: str, product: Product, options: BackendOptions) -> Backend:
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s, product.functions)
    return make_backend(database, product, options)
