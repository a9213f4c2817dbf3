"""What the tables of River are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_JOB = (
    "id state attempt max_attempts attempted_at attempted_by created_at finalized_at scheduled_at "
    "priority args errors kind metadata queue tags"
)


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every River in a database, one a schema."""
    return catalog.sets_with({"river_job": _JOB.split(), "river_migration": ["version"]})
