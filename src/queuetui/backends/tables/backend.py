"""Makes a backend of a product and a database, and finds the queues of a product in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions, Found
from queuetui.backends.sql.catalog import Catalog, read_catalog
from queuetui.backends.sql.console_connection import ConsoleDatabase, open_database
from queuetui.backends.tables.examiner import TablesExaminer
from queuetui.backends.tables.inspector import TablesInspector
from queuetui.backends.tables.operator import TablesOperator
from queuetui.backends.tables.source import Product
from queuetui.model.errors import BadConfig, NotFound
from queuetui.model.snapshot import Part, Watch

Recognise = Callable[[Catalog], Sequence[Product]]


def make_backend(database: ConsoleDatabase, product: Product, options: BackendOptions) -> Backend:
    """Return one queue of a product, open."""
    inspector = TablesInspector(database, product, options)
    return Backend(
        inspector=lambda: inspector,
        operator=lambda: TablesOperator(database, product, options),
        examiner=lambda: TablesExaminer(database),
        limits=options.limits,
        close=database.close,
    )


def open_product(url: str, options: BackendOptions, label: str, recognise: Recognise) -> Backend:
    """Open the queue that `options.kind` names behind a colon, else the only one.

    Raises NotFound where there is none, and BadConfig where several could be meant.
    """
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading(f"looking for the tables of {label}") as connection:
            found = recognise(read_catalog(connection))
        product = _choose(found, label, (options.kind or "").partition(":")[2])
    except BaseException:
        database.close()
        raise
    return make_backend(database, product, options)


def _choose(found: Sequence[Product], label: str, name: str) -> Product:
    if name:
        named = next((one for one in found if one.name == name), None)
        if named is None:
            there = ", ".join(one.name for one in found) or "none"
            raise NotFound(f"{label} has no queue called {name!r} there; there are: {there}")
        return named
    plain = [one for one in found if one.is_visible] or list(found)
    if not plain:
        raise NotFound(
            f"no tables of {label} were found there; check the database in the URL and the rights of its user"
        )
    if len(plain) > 1:
        kinds = ", ".join(f"{one.kind}:{one.name}" for one in plain)
        raise BadConfig(f"several queues of {label} live there: {kinds}; say which with --kind", "kind")
    return plain[0]


def find_products(
    url: str, options: BackendOptions, label: str, recognise: Recognise, *, counted: bool
) -> tuple[Found, ...]:
    """Return the queues of a product in a database; reading only."""
    database = open_database(url, options.statement_timeout_s, options.connect_timeout_s)
    try:
        with database.reading(f"looking for the tables of {label}") as connection:
            found = recognise(read_catalog(connection))
        return tuple(_describe(database, one, found, options, counted=counted) for one in found)
    finally:
        database.close()


def _describe(
    database: ConsoleDatabase, product: Product, every: Sequence[Product], options: BackendOptions, *, counted: bool
) -> Found:
    plain = [one for one in every if one.is_visible] or list(every)
    kind = product.kind if plain == [product] else f"{product.kind}:{product.name}"
    found = Found(kind, product.label, f"tables {product.tables}", named_only=product not in plain)
    if not counted:
        return found
    inspector = TablesInspector(database, product, options)
    snapshot = inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}), limits=options.limits))
    return replace(found, queues=len(snapshot.queues), jobs=snapshot.total)
