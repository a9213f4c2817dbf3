"""Walks the queues on MySQL and MariaDB, which can skip in an index only to a given name."""

from __future__ import annotations

from queuetui.backends.native.sql.session import Session

MOST_QUEUES = 500


class QueueWalk:
    """A place among the names of queues with live jobs; each walk continues where the last one stopped."""

    def __init__(self) -> None:
        self._place = ""

    def names(self, session: Session) -> list[str]:
        """Return the next names in order, each once; all of them while there are few."""
        start = after = self._place
        came_round = not start
        found: list[str] = []
        while len(found) < MOST_QUEUES:
            row = session.row("next_queue", after=after)
            if row is None and not came_round:
                came_round, after = True, ""
                continue
            if row is None or (came_round and start and row[0] > start):
                self._place = ""
                return found
            after = row[0]
            found.append(after)
        self._place = after
        return found
