"""Whether there are Laravel queues in a database; loads what reads them only once one is opened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from queuetui.backends.foreign.laravel.settings import KIND, LABEL, read_settings
from queuetui.backends.foreign.laravel.table_sets import TableSet, meant_sets
from queuetui.backends.found import Found
from queuetui.backends.sql.catalog import describe_hidden

if TYPE_CHECKING:
    from queuetui.backends.backend import Backend
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.sql.catalog import Catalog


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return the Laravel queues of a database, one a set of tables, or the one that settings name."""
    sets = meant_sets(catalog.tables, read_settings(options.settings))
    readable = [one for one in sets if one.is_readable] or sets
    plain = [one for one in readable if one.is_plain] or [*readable]

    def describe(one: TableSet) -> Found:
        kind = KIND if plain == [one] else f"{KIND}:{one.name}"
        detail = f"tables {one.described}" + (f"; {one.guess}" if one.guess else "")
        detail += describe_hidden((one.jobs, one.failed))
        opens = partial(_open, url, catalog, one)
        return Found(kind, LABEL, detail, opens, one.name, one.refusal, named_only=one not in plain)

    return tuple(map(describe, sets))


def _open(url: str, catalog: Catalog, one: TableSet, options: BackendOptions) -> Backend:
    from queuetui.backends.foreign.laravel.description import open_set
    from queuetui.backends.foreign.laravel.tables import Tables

    return open_set(url, Tables(one, catalog), options)
