"""Queues that are paused as long as a table has a row for them, or a setting lists them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, TableClause, Text, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, array

from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Moment
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo


@dataclass(frozen=True)
class PauseRows:
    """The table of paused queues, with its columns of the queue's name and of the time.

    `note` is told of the runs that go on when a queue is paused.
    """

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


@dataclass(frozen=True)
class PauseList:
    """A row of settings in PostgreSQL whose JSON value lists the paused queues.

    Other lists stand beside that one.

    `fresh` is the whole value where there is none yet, `note` what is told when a queue was paused.
    """

    table: TableClause
    key: str
    member: str
    fresh: Mapping[str, Any]
    times: Codec
    note: str = ""

    def read(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that are listed; since when is not kept."""
        return tuple(replace(uncounted_queue(str(name)), held=True) for name in self._listed(connection) or ())

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Add a queue to the list, or take it out."""
        at, is_pause, now = self.table.c, act.verb is Verb.PAUSE, self.times.to_store(moment.now)
        listed = self._listed(connection, locks=True)
        if (queue in (listed or ())) == is_pause:
            return ("it is paused already" if is_pause else "it is not paused"), ""
        left = [*(listed or ()), queue] if is_pause else [name for name in listed or () if name != queue]
        if listed is None:
            value = {**self.fresh, self.member: left}
            connection.execute(insert(self.table).values(key=self.key, value=value, created_at=now, updated_at=now))
        else:
            changed = func.jsonb_set(at.value, array([self.member]), literal(left, JSONB))
            connection.execute(update(self.table).where(at.key == self.key).values(value=changed, updated_at=now))
        return "", self.note if is_pause else ""

    def _listed(self, connection: Connection, *, locks: bool = False) -> list[Any] | None:
        """Return what is listed, None where there is no such setting."""
        chosen = select(self.table.c.value.cast(Text)).where(self.table.c.key == self.key)
        found = connection.execute(chosen.with_for_update() if locks else chosen).first()
        listed = None if found is None else read_object(found[0]).get(self.member)
        return listed if found is None or isinstance(listed, list) else []
