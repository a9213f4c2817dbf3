"""Finds what Celery keeps in a database: results of tasks, and the schedules of django-celery-beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queuetui.backends.foreign.celery.stored_sets import sets_in

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:
    """Return what each schema of a database has of Celery."""
    sets = sets_in(catalog)
    if not sets:
        return ()
    from queuetui.backends.foreign.celery.results import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(one, catalog, options) for one in sets], catalog, url)
