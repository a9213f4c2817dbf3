"""Finds jobs by the end of their id, which is what people type."""

from __future__ import annotations

import string
from datetime import datetime

from sqlalchemy import Connection, select

from queuetui.backends.native.sql.database import Database
from queuetui.backends.native.sql.tables import job, job_done
from queuetui.model.act import JobRef
from queuetui.model.clock import to_us
from queuetui.model.job_id import TAIL_DIGITS, Span, spans_ending_in, time_ms

ID_DIGITS = 32
# An id that is not of our making tells nothing by its end, and neither do fewer digits: the newest ids of either table are looked at.
MOST_LOOKED = 5_000
# Longer than anything is kept, unless it is told to; some twenty thousand spans.
LOOKED_BACK_MS = 100 * 86_400_000
# Clients whose clocks go before the store's.
LOOKED_AHEAD_MS = 3_600_000


def find_refs(database: Database, connection: Connection, now: datetime, suffix: str, limit: int) -> tuple[JobRef, ...]:
    """Return at most `limit` jobs whose id ends in the suffix."""
    wanted = suffix.replace("-", "").lower()
    if not wanted or len(wanted) > ID_DIGITS or not set(wanted) <= set(string.hexdigits):
        return ()
    found: set[JobRef] = set()
    for table in (job, job_done):
        query = select(table.c.id, table.c.rev).order_by(table.c.id.desc()).limit(MOST_LOOKED)
        query = query.where(table.c.id == wanted) if len(wanted) == ID_DIGITS else query
        found |= {JobRef(database.name, row.id, str(row.rev)) for row in connection.execute(query)}
    if TAIL_DIGITS <= len(wanted) < ID_DIGITS:
        spans = _spans(connection, now, wanted[-TAIL_DIGITS:])
        found |= {JobRef(database.name, job_id, str(rev)) for job_id, rev in database.find_between(connection, spans)}
    return tuple(sorted(ref for ref in found if ref.id.replace("-", "").endswith(wanted)))[:limit]


def _spans(connection: Connection, now: datetime, tail: str) -> list[Span]:
    now_ms = to_us(now) // 1000
    firsts = [
        connection.execute(select(t.c.id).order_by(t.c.id).limit(1)).scalar_one_or_none() for t in (job, job_done)
    ]
    oldest_ms = min((time_ms(first) for first in firsts if first is not None), default=now_ms)
    return list(spans_ending_in(tail, now_ms + LOOKED_AHEAD_MS, max(oldest_ms, now_ms - LOOKED_BACK_MS)))
