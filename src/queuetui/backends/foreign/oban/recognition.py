"""What the tables of Oban are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_TIMES = "inserted_at scheduled_at attempted_at completed_at cancelled_at discarded_at"
_NEEDED = f"id state queue worker attempt max_attempts priority args meta tags errors attempted_by {_TIMES}".split()


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every Oban in a database, one a schema."""
    sets = catalog.sets_with({"oban_jobs": _NEEDED})
    if not sets:
        return ()
    from queuetui.backends.foreign.oban.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of(list(map(describe, sets)), catalog, url)
