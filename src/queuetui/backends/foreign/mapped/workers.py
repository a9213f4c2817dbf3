"""The workers that an application registers in a table of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from queuetui.backends.foreign.mapped.side_shapes import WorkersShape
from queuetui.backends.foreign.mapped.side_tables import SideTable
from queuetui.backends.tables.source import Column, Condition, Moment
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

MOST_WORKERS = 1_000


@dataclass(frozen=True)
class MappedWorkers:
    """The table of workers."""

    table: SideTable[WorkersShape]

    def read(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the workers, those registered last first."""
        named = {key: getattr(self.table.shape, key) for key in ("key", "status", "type", "capabilities")}
        columns = [self.table.text(name).label(key) for key, name in named.items() if name]
        columns.append(self.table.at(self.table.shape.created).label("created"))
        if self.table.shape.beat:
            columns.append(self.table.at(self.table.shape.beat).label("beat"))
        chosen = select(*columns).select_from(self.table.rows).order_by(self.table.at(self.table.shape.created).desc())
        rows = connection.execute(chosen.limit(MOST_WORKERS)).mappings()
        return tuple(self._worker(dict(row), moment) for row in rows)

    @property
    def works(self) -> Condition:
        """The condition for workers that have not ended."""
        status = self.table.text(self.table.shape.status)
        return func.coalesce(status, "").not_in(self.table.shape.ended)

    def is_silent(self, moment: Moment) -> Condition:
        """Return the condition for workers that work and have not beaten for too long.

        A worker that has never beaten is judged from its registration on.
        """
        created = self.table.at(self.table.shape.created)
        last = func.coalesce(self.table.at(self.table.shape.beat), created) if self.table.shape.beat else created
        floor = moment.now - timedelta(seconds=self.table.shape.silent_s)
        return and_(self.works, last < self.table.codec(self.table.shape.created).to_store(floor))

    @property
    def description(self) -> tuple[Column, ...]:
        """The columns by which a person knows a worker."""
        names = (self.table.shape.key, self.table.shape.type, self.table.shape.status)
        return tuple(self.table.text(name) for name in names if name)

    def _worker(self, row: dict[str, Any], moment: Moment) -> WorkerInfo:
        created = self.table.time(self.table.shape.created, row["created"]) or moment.now
        beat = self.table.time(self.table.shape.beat, row["beat"]) if self.table.shape.beat else None
        status = str(row["status"] or "")
        return WorkerInfo(
            id=Untrusted(str(row["key"])),
            host=Untrusted(str(row.get("type") or "worker")),
            pid=None,
            version=Untrusted(""),
            queues=(),
            slots=None,
            busy=None,
            started_at=created,
            beat_at=beat or created,
            tags=tuple(map(Untrusted, _words(row.get("capabilities")))),
            status=Untrusted(status),
            has_ended=status in self.table.shape.ended,
            has_beaten=beat is not None,
            silent_after_s=self.table.shape.silent_s,
        )


def _words(value: object) -> list[str]:
    """Return the capabilities that a column lists.

    It is an array of PostgreSQL, a JSON list, or words between commas.
    """
    text = str(value or "").strip()
    if text.startswith("["):
        try:
            return [str(one) for one in json.loads(text)]
        except ValueError:
            return [text]
    return [word.strip().strip('"') for word in text.strip("{}").split(",") if word.strip()]
