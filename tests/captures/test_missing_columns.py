"""Tables that lack something: a product is known by what it cannot do without, and described without the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import finders_in, scheme_of
from queuetui.backends.sql.catalog import Catalog, look_into
from tests.backends.captures import Capture

CORE = "tables"


def test_whatever_a_product_lacks_it_is_described_or_not_recognised(loaded: Capture) -> None:
    """Without any one of its tables or columns, of another version of it, no product fails the discovery of a whole database."""
    names = [f"queuetui.backends.foreign.{one}" for one in finders_in(scheme_of(loaded.url))]
    products = [name for name in names if hasattr(import_module(name), "recognise")]
    catalog = look_into(loaded.url, BackendOptions())
    whole = {name for name in products if import_module(name).recognise(catalog)}
    for lacking in _lacking_one(catalog):
        for name in whole:
            describe = import_module(f"{name.rpartition('.')[0]}.product").describe
            for tables in import_module(name).recognise(lacking):
                assert describe(tables, lacking, BackendOptions()).sources


def _lacking_one(catalog: Catalog) -> Iterator[Catalog]:
    """Return the catalog without each of its tables, and without each column of those."""
    for table in catalog.tables:
        rest = tuple(one for one in catalog.tables if one is not table)
        yield replace(catalog, tables=rest)
        for missing in table.columns:
            columns = {name: column for name, column in table.columns.items() if name != missing}
            yield replace(catalog, tables=(*rest, replace(table, columns=columns)))
