"""Finds jobs by the end of their id, which is what people type."""

from __future__ import annotations

import string
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, func, literal_column, select
from sqlalchemy.types import LargeBinary

from queuetui.backends.native.sql.tables import job, job_done
from queuetui.model.act import JobRef

TAIL_BYTES = 3
TAIL_DIGITS = 2 * TAIL_BYTES
ID_DIGITS = 32
# The index of tails takes out all but a few; with fewer digits than it holds only so many newest ids are looked at.
MOST_LOOKED = 5_000
MOST_ALIKE = 1_000


def find_refs(connection: Connection, backend: str, suffix: str, limit: int) -> tuple[JobRef, ...]:
    """Return at most `limit` jobs whose id ends in the suffix."""
    wanted = suffix.replace("-", "").lower()
    if not wanted or len(wanted) > ID_DIGITS or not set(wanted) <= set(string.hexdigits):
        return ()
    found: set[JobRef] = set()
    for table in (job, job_done):
        query = select(table.c.id, table.c.rev)
        if len(wanted) >= TAIL_DIGITS:
            query = query.where(_tail(table, connection) == bytes.fromhex(wanted[-TAIL_DIGITS:])).limit(MOST_ALIKE)
        else:
            query = query.order_by(table.c.id.desc()).limit(MOST_LOOKED)
        rows = connection.execute(query)
        found |= {JobRef(backend, row.id, str(row.rev)) for row in rows if row.id.replace("-", "").endswith(wanted)}
    return tuple(sorted(found))[:limit]


def _tail(table: Table, connection: Connection) -> ColumnElement[Any]:
    """Return the expression that the index of tails is over, word for word."""
    if connection.dialect.name == "mysql":
        return literal_column("tail", LargeBinary)
    start: ColumnElement[Any] = literal_column("14")
    if connection.dialect.name == "sqlite":
        return func.substr(table.c.id, start, type_=LargeBinary)
    return func.substring(func.uuid_send(table.c.id), start, type_=LargeBinary)
