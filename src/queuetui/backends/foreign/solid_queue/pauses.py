"""The table of paused queues, whose row of a queue is its pause."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, TableClause, delete, insert, select

from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Moment
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo


@dataclass(frozen=True)
class PauseRows:
    """Reads and changes the table."""

    table: TableClause
    times: Codec

    def read(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that are paused, whether they have jobs or not."""
        rows = connection.execute(select(self.table.c.queue_name, self.table.c.created_at))
        return tuple(uncounted_queue(name, self.times.from_store(since)) for name, since in rows)

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Pause or resume a queue."""
        table, is_pause, named = self.table, act.verb is Verb.PAUSE, self.table.c.queue_name == queue
        is_paused = connection.execute(select(table.c.queue_name).where(named)).first() is not None
        if is_paused == is_pause:
            return PAUSED_ALREADY[act.verb], ""
        values = {"queue_name": queue, "created_at": self.times.to_store(moment.now)}
        connection.execute(insert(table).values(values) if is_pause else delete(table).where(named))
        return "", "jobs that run go on" if is_pause else ""
