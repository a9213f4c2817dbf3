"""What the tables of Oban are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

_TIMES = "inserted_at scheduled_at attempted_at completed_at cancelled_at discarded_at"
NEEDED = f"id state queue worker attempt max_attempts priority args meta tags errors attempted_by {_TIMES}".split()


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every Oban in a database, one a schema."""
    return catalog.sets_with({"oban_jobs": NEEDED})
