"""The table of GoodJob's processes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Table, Text, func, null, select

from queuetui.backends.sql.postgresql_json import read_object
from queuetui.backends.tables.codecs import Codec
from queuetui.backends.tables.source import Column, Moment
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# GoodJob's own: a process that has not beaten for longer is taken away.
SILENT = timedelta(minutes=5)
_MOST = 1_000
# What earlier versions store of a scheduler alone.
_SCHEDULER_NAME = re.compile(r"GoodJob::Scheduler\(queues=(.*) max_threads=(\d+)\)", re.DOTALL)


@dataclass(frozen=True)
class ProcessRows:
    """Reads the table, with the jobs that each process holds."""

    table: Table
    jobs: Table
    # Which process holds a job, None where the layout does not tell.
    holder: Column | None
    times: Codec

    def read(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the processes that run jobs, those made last first."""
        row = self.table.c
        told = (row.state.cast(Text).label("state"), self._count_held(row.id).label("busy"))
        chosen = select(row.id, row.created_at, row.updated_at, *told)
        found = connection.execute(chosen.order_by(row.created_at.desc(), row.id).limit(_MOST))
        return tuple(self._worker(one, moment) for one in found)

    def _count_held(self, process_id: Column) -> Column:
        """Return how many jobs a process holds, NULL where the layout does not tell."""
        if self.holder is None:
            return null()
        held = select(func.count()).where(self.holder == process_id, self.jobs.c.finished_at.is_(None))
        return held.scalar_subquery()

    def _worker(self, row: Any, moment: Moment) -> WorkerInfo:  # noqa: ANN401 - a row of the database
        told = read_object(row.state)
        schedulers = [_read_scheduler(one) for one in told.get("schedulers") or ()]
        names = [name.strip() for queues, _ in schedulers for name in queues.split(",")]
        threads = [count for _, count in schedulers if count is not None]
        slots = sum(threads) if len(threads) == len(schedulers) else None
        # A star is any queue, and a minus any but those.
        is_any = any(name == "*" or name.startswith("-") for name in names)
        queues = () if is_any else tuple(Untrusted(name.lstrip("+")) for name in dict.fromkeys(names))
        beat, pid = self.times.from_store(row.updated_at) or moment.now, told.get("pid")
        return WorkerInfo(
            Untrusted(str(row.id)), Untrusted(str(told.get("hostname") or "")), pid if isinstance(pid, int) else None,
            Untrusted(""), queues, slots, row.busy, self.times.from_store(row.created_at) or beat, beat,
            silent_after_s=SILENT.total_seconds(),
        )  # fmt: skip


def _read_scheduler(told: object) -> tuple[str, int | None]:
    """Return the queues of a scheduler as they are written, and its threads."""
    if isinstance(told, dict):
        threads = told.get("max_threads")
        return str(told.get("queues") or "*"), threads if isinstance(threads, int) else None
    named = _SCHEDULER_NAME.fullmatch(str(told))
    return ("*", None) if named is None else (named[1], int(named[2]))
