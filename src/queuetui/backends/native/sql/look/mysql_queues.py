"""The names of the queues on MySQL and MariaDB, which hop in an index only to a name that is given."""

from __future__ import annotations

from sqlalchemy import Connection, select

from queuetui.backends.native.sql.look.tables import job, job_done


def hop_queues(connection: Connection, most: int) -> set[str]:
    """Return the names of the queues that have jobs, each asked for by the name before it."""
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
