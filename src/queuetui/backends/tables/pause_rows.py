"""Queues that are paused as long as a table has a row for them."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, TableClause, delete, insert, select

from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Moment
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo


@dataclass(frozen=True)
class PauseRows:
    """The table, the columns of a queue's name and of the time since when, and what is told of those that run."""

    table: TableClause
    name: str
    since: str
    times: Codec
    note: str = ""

    def read(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that are paused, whether they have jobs or not."""
        rows = connection.execute(select(self.table.c[self.name], self.table.c[self.since]))
        return tuple(uncounted_queue(name, self.times.from_store(since)) for name, since in rows)

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Pause or resume a queue."""
        table, is_pause, named = self.table, act.verb is Verb.PAUSE, self.table.c[self.name] == queue
        is_paused = connection.execute(select(table.c[self.name]).where(named)).first() is not None
        if is_paused == is_pause:
            return ("it is paused already" if is_paused else "it is not paused"), ""
        values = {self.name: queue, self.since: self.times.to_store(moment.now)}
        connection.execute(insert(table).values(values) if is_pause else delete(table).where(named))
        return "", self.note if is_pause else ""
