"""Lists the queues with jobs and the states of these jobs, on MySQL and MariaDB."""

from __future__ import annotations

from sqlalchemy import Connection, select, union_all

from queuetui.backends.native.sql.look.tables import job, job_done
from queuetui.backends.sql.budget import fetch_within
from queuetui.model.state import State

# The server skips from group to group in the index; with outdated statistics it reads the whole index, which may take too long.
BUDGET_S = 0.05
MOST_HELD = 5_000
Held = frozenset[tuple[str, State]]


def list_held(connection: Connection) -> Held | None:
    """Return each pair of a queue and a state that has jobs.

    None where that takes too long or there are too many.
    """
    pairs = [(table.c.queue, table.c.state) for table in (job, job_done)]
    parts = [select(select(*pair).group_by(*pair).limit(MOST_HELD).subquery()) for pair in pairs]
    rows = fetch_within(connection, select(union_all(*parts).subquery()), BUDGET_S)
    return None if rows is None or len(rows) >= MOST_HELD else frozenset((row.queue, row.state) for row in rows)


def hop_queues(connection: Connection, most: int) -> set[str]:
    """Return the names of the queues with jobs, each looked up by the name before it."""
    found: set[str] = set()
    for table in (job, job_done):
        after = ""
        while len(found) < most:
            following = select(table.c.queue).where(table.c.queue > after).order_by(table.c.queue).limit(1)
            name = connection.execute(following).scalar_one_or_none()
            if name is None:
                break
            found.add(name)
            after = name
    return found
