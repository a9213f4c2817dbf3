"""Whether there are Laravel queues in a database; loads what reads them only where there are some."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from queuetui.backends.foreign.laravel.settings import read_settings
from queuetui.backends.foreign.laravel.table_sets import meant_sets

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the Laravel queues of a database, one a set of tables, or the one that settings name."""
    settings = read_settings(options.settings)
    sets = meant_sets(catalog.tables, settings)
    if not sets:
        return ()
    from queuetui.backends.foreign.laravel.description import describe
    from queuetui.backends.foreign.laravel.tables import Tables
    from queuetui.backends.tables.backend import found_of

    products = [describe(Tables(one, catalog), settings, options.summaries) for one in sets]
    told = zip(found_of(products, catalog, url), sets, strict=True)
    return tuple(replace(found, detail="; ".join(filter(None, (found.detail, one.guess)))) for found, one in told)
