"""What the tables of River are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_JOB = (
    "id state attempt max_attempts attempted_at attempted_by created_at finalized_at scheduled_at "
    "priority args errors kind metadata queue tags"
)


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every River in a database, one a schema."""
    sets = catalog.sets_with({"river_job": _JOB.split(), "river_migration": ["version"]})
    if catalog.dialect != "postgresql" or not sets:
        return ()
    from queuetui.backends.foreign.river.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(one) for one in sets], catalog, url)
