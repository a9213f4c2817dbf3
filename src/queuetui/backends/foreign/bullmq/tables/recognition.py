"""What the tables of BullMQ are known by."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queuetui.backends.sql.catalog import Catalog, StoredTable

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


def recognise(catalog: Catalog) -> list[dict[str, StoredTable]]:
    """Return every BullMQ in a database, one a schema."""
    return catalog.sets_with(_NEEDED)
