"""Finds jobs by the end of their id, which is what people type."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from queuetui.backends.native.short_ids import ID_DIGITS, MOST_LOOKED, read_suffix, spans_of
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.tables import job, job_done
from queuetui.model.act import JobRef
from queuetui.model.clock import to_us


def find_refs(database: Database, connection: Connection, now: datetime, suffix: str, limit: int) -> tuple[JobRef, ...]:
    """Return at most `limit` jobs whose id ends in the suffix."""
    wanted = read_suffix(suffix)
    if wanted is None:
        return ()
    found: set[JobRef] = set()
    for table in (job, job_done):
        query = select(table.c.id, table.c.rev).order_by(table.c.id.desc()).limit(MOST_LOOKED)
        query = query.where(table.c.id == wanted) if len(wanted) == ID_DIGITS else query
        found |= {JobRef(database.name, row.id, str(row.rev)) for row in connection.execute(query)}
    if spans := spans_of(wanted, to_us(now) // 1000, _oldest_id(connection)):
        found |= {JobRef(database.name, job_id, str(rev)) for job_id, rev in database.find_between(connection, spans)}
    return tuple(sorted(ref for ref in found if ref.id.replace("-", "").endswith(wanted)))[:limit]


def _oldest_id(connection: Connection) -> str | None:
    firsts = [
        connection.execute(select(t.c.id).order_by(t.c.id).limit(1)).scalar_one_or_none() for t in (job, job_done)
    ]
    return min((first for first in firsts if first is not None), default=None)
