"""Finds jobs by the end of their id, as people type it."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import Connection, select

from queuetui.backends.native.short_ids import ID_DIGITS, MOST_LOOKED, read_suffix, spans_of
from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.model.act import JobRef
from queuetui.model.clock import to_us
from queuetui.model.page import IdSearch


def find_refs(
    database: Database, connection: Connection, now: datetime, suffix: str, limit: int, after: str | None
) -> IdSearch:
    """Find at most `limit` jobs whose id ends in the suffix, beginning after each table's id in `after`."""
    wanted = read_suffix(suffix)
    if wanted is None:
        return IdSearch(())
    found: set[JobRef] = set()
    begun: dict[str, str] = {} if after is None else json.loads(after)
    reached: dict[str, str] = {}
    looked = 0
    for table in (job, job_done):
        if after is not None and table.name not in begun:
            continue
        query = select(table.c.id, table.c.rev).order_by(table.c.id.desc()).limit(MOST_LOOKED)
        if len(wanted) == ID_DIGITS:
            query = query.where(table.c.id == wanted)
        elif after is not None:
            query = query.where(table.c.id < begun[table.name])
        rows = connection.execute(query).fetchall()
        looked += len(rows)
        if len(rows) == MOST_LOOKED:
            reached[table.name] = str(rows[-1].id)
        found |= {JobRef(database.name, row.id, str(row.rev)) for row in rows}
    if after is None and (spans := spans_of(wanted, to_us(now) // 1000, _oldest_id(connection))):
        found |= {JobRef(database.name, job_id, str(rev)) for job_id, rev in database.find_between(connection, spans)}
    refs = tuple(sorted(ref for ref in found if ref.id.replace("-", "").endswith(wanted)))[:limit]
    return IdSearch(refs, json.dumps(reached) if reached else None, looked)


def _oldest_id(connection: Connection) -> str | None:
    firsts = [
        connection.execute(select(t.c.id).order_by(t.c.id).limit(1)).scalar_one_or_none() for t in (job, job_done)
    ]
    return min((first for first in firsts if first is not None), default=None)
