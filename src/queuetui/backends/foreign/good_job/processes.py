"""The table of GoodJob's processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, Text, func, select

from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Column, Moment
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# GoodJob's own: a process that has not beaten for longer is taken away.
SILENT = timedelta(minutes=5)
_MOST = 1_000


@dataclass(frozen=True)
class ProcessRows:
    """Reads the table, with the jobs that each process holds."""

    table: Table
    jobs: Table
    # Which process holds a job, NULL where the layout does not tell.
    holder: Column
    times: Codec

    def read(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the processes that run jobs, those made last first."""
        row = self.table.c
        held = select(func.count()).where(self.holder == row.id, self.jobs.c.finished_at.is_(None))
        told = (row.state.cast(Text).label("state"), held.scalar_subquery().label("busy"))
        chosen = select(row.id, row.created_at, row.updated_at, *told)
        found = connection.execute(chosen.order_by(row.created_at.desc(), row.id).limit(_MOST))
        return tuple(self._worker(one, moment) for one in found)

    def _worker(self, row: Any, moment: Moment) -> WorkerInfo:  # noqa: ANN401 - a row of the database
        told = read_object(row.state)
        schedulers = [one for one in told.get("schedulers") or () if isinstance(one, dict)]
        names = [name.strip() for one in schedulers for name in str(one.get("queues") or "*").split(",")]
        slots = sum(one["max_threads"] for one in schedulers if isinstance(one.get("max_threads"), int))
        # A star is any queue, and a minus any but those.
        is_any = any(name == "*" or name.startswith("-") for name in names)
        queues = () if is_any else tuple(Untrusted(name.lstrip("+")) for name in dict.fromkeys(names))
        beat, pid = self.times.from_store(row.updated_at) or moment.now, told.get("pid")
        return WorkerInfo(
            Untrusted(str(row.id)), Untrusted(str(told.get("hostname") or "")), pid if isinstance(pid, int) else None,
            Untrusted(""), queues, slots, row.busy, self.times.from_store(row.created_at) or beat, beat,
            silent_after_s=SILENT.total_seconds(),
        )  # fmt: skip
