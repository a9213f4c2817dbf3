"""What the tables of BullMQ are known by; loads what reads them only where there are some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.base import BackendOptions
    from queuetui.backends.found import Found
    from queuetui.backends.sql.catalog import Catalog

_NUMBERS = "priority delay_ms max_attempts attempts_made attempts_started stalled_count pending_deps seq"
_TIMES = "added_at_ms process_at_ms processed_at_ms finished_at_ms locked_until_ms"
_TEXTS = (
    "queue id name failed_reason processed_by lock_token stalled_marked dedup_id scheduler_id parent_queue parent_id"
)
_NEEDED = {
    "job": f"state data opts progress return_value stacktrace {_NUMBERS} {_TIMES} {_TEXTS}".split(),
    "job_dependency": ["parent_queue", "parent_id", "child_queue", "child_id", "status"],
    "meta": ["queue", "field", "value"],
    **dict.fromkeys(("scheduler", "dedup", "migration"), ()),
}


def find(catalog: Catalog, url: str, options: BackendOptions) -> tuple[Found, ...]:  # noqa: ARG001 - every product is asked alike
    """Return every BullMQ in a database, one a schema."""
    sets = catalog.sets_with(_NEEDED) if catalog.dialect == "postgresql" else []
    if not sets:
        return ()
    from queuetui.backends.foreign.bullmq_pg.product import describe
    from queuetui.backends.tables.backend import found_of

    return found_of([describe(tables, catalog) for tables in sets], catalog, url)
