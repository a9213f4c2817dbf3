"""The setting of GoodJob that lists the paused queues; other lists stand beside that one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, TableClause, Text, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, array

from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Moment
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo

PAUSES = "pauses"
ENABLED = "it holds only if the application sets enable_pauses, which GoodJob's tables do not tell; jobs that run go on"
_QUEUES = "queues"
_FRESH: dict[str, Any] = {_QUEUES: [], "job_classes": [], "labels": []}


@dataclass(frozen=True)
class PauseList:
    """Reads and changes the list in the table of settings."""

    table: TableClause
    times: Codec

    def read(self, connection: Connection, _: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that are listed; since when is not kept."""
        return tuple(replace(uncounted_queue(str(name)), held=True) for name in self._listed(connection) or ())

    def switch(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Add a queue to the list, or take it out."""
        at, is_pause, now = self.table.c, act.verb is Verb.PAUSE, self.times.to_store(moment.now)
        listed = self._listed(connection, locks=True)
        if (queue in (listed or ())) == is_pause:
            return PAUSED_ALREADY[act.verb], ""
        left = [*(listed or ()), queue] if is_pause else [name for name in listed or () if name != queue]
        if listed is None:
            value = {**_FRESH, _QUEUES: left}
            connection.execute(insert(self.table).values(key=PAUSES, value=value, created_at=now, updated_at=now))
        else:
            changed = func.jsonb_set(at.value, array([_QUEUES]), literal(left, JSONB))
            connection.execute(update(self.table).where(at.key == PAUSES).values(value=changed, updated_at=now))
        return "", ENABLED if is_pause else ""

    def _listed(self, connection: Connection, *, locks: bool = False) -> list[Any] | None:
        """Return what is listed, None where there is no such setting."""
        chosen = select(self.table.c.value.cast(Text)).where(self.table.c.key == PAUSES)
        found = connection.execute(chosen.with_for_update() if locks else chosen).first()
        listed = None if found is None else read_object(found[0]).get(_QUEUES)
        return listed if found is None or isinstance(listed, list) else []
