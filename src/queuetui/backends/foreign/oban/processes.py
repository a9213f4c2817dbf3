"""The table oban_producers: one row for each queue that a process serves.

The process refreshes it every 15 s while it lives.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import starmap
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Table, Text, case, func, literal, null, select

from queuetui.backends.reading.refusals import PAUSED_ALREADY
from queuetui.backends.tables.codecs import Naive
from queuetui.backends.tables.source import Moment
from queuetui.model.act import Act, Verb
from queuetui.model.job_view import uncounted_queue
from queuetui.model.snapshot import QueueInfo
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo

# After so long without a refresh Oban itself takes a process for dead.
_LIVES = timedelta(seconds=60)
_MOST = 1_000
_NOBODY = "no live process serves it, and Oban keeps no pause for those that start later"
_TOLD = "its processes were told by NOTIFY; look at the queues again, which show it once they have written it down"


@dataclass(frozen=True)
class Processes:
    """The producers beside a table of jobs.

    `alone`: no Elixir Oban, which registers none, works on the table too.
    """

    jobs: Table
    rows: Table
    alone: bool

    def held(self) -> ColumnElement[Any]:
        """Return until when a run's producer counts as alive; NULL where none is known.

        Whose row is gone stopped or was swept away, unless none is there at all: a crash of the server empties the table.
        """
        one, job = self.rows.c, self.jobs.c
        beat = select(one.updated_at + literal(_LIVES)).where(one.uuid.cast(Text) == job.attempted_by[2])
        is_kept = select(one.uuid).exists() if self.alone else literal(False)
        gone = case((is_kept, job.attempted_at), else_=null())
        return func.coalesce(beat.scalar_subquery(), gone, type_=job.attempted_at.type)

    def workers(self, connection: Connection, moment: Moment) -> tuple[WorkerInfo, ...]:
        """Return the processes, each with the queues that it serves and how many jobs it has."""
        one, job = self.rows.c, self.jobs.c
        limit = case(
            (func.jsonb_typeof(one.meta["local_limit"]) == "number", one.meta["local_limit"].astext), else_="0"
        )
        runs = select(func.count()).where(job.state == "executing", job.attempted_by[1] == one.node).scalar_subquery()
        told = (func.array_agg(one.queue.distinct()), func.min(one.started_at), func.max(one.updated_at))
        more = (func.sum(limit.cast(Integer)), runs, func.bool_or(one.meta.has_key("shutdown_started_at")))
        chosen = (
            select(one.node, *told, *more).group_by(one.node).order_by(func.max(one.updated_at).desc()).limit(_MOST)
        )
        return tuple(starmap(_worker, connection.execute(chosen)))

    def pauses(self, connection: Connection, moment: Moment) -> tuple[QueueInfo, ...]:
        """Return the queues that every live process which serves them has paused."""
        paused = [name for name, is_paused in self._live(connection, moment).items() if is_paused]
        return tuple(replace(uncounted_queue(name), held=True) for name in paused)

    def tell(self, connection: Connection, queue: str, moment: Moment, act: Act) -> tuple[str, str]:
        """Tell the processes of a queue to pause or resume it, as Oban's own call does."""
        is_paused = self._live(connection, moment).get(queue)
        if is_paused is None or is_paused == (act.verb is Verb.PAUSE):
            return _NOBODY if is_paused is None else PAUSED_ALREADY[act.verb], ""
        connection.execute(select(signal(self.jobs, action=act.verb.value, queue=queue, ident="any")))
        return "", _TOLD

    def _live(self, connection: Connection, moment: Moment) -> dict[str, bool]:
        """Return the queues that live processes serve, and whether each of them has paused it."""
        one = self.rows.c
        serves = (one.updated_at >= Naive().to_store(moment.now - _LIVES)) & ~one.meta.has_key("shutdown_started_at")
        is_paused = func.bool_and(func.coalesce(one.meta["paused"].astext, "") == "true")
        chosen = select(one.queue, is_paused).where(serves).group_by(one.queue).limit(_MOST)
        return {str(queue): bool(paused) for queue, paused in connection.execute(chosen)}


def signal(jobs: Table, **payload: object) -> ColumnElement[Any]:
    """Return the call that notifies all processes of a table of jobs."""
    return func.pg_notify(f"{jobs.schema}.oban_signal", json.dumps(payload))


def _worker(
    node: str, queues: list[str], started: datetime, beat: datetime, slots: int, busy: int, stopping: bool
) -> WorkerInfo:
    """Return a process; a node that nobody named is its host and its process id."""
    host, _, pid = node.rpartition(".")
    is_plain = bool(host) and pid.isdecimal()
    return WorkerInfo(
        Untrusted(node), Untrusted(host if is_plain else node), int(pid) if is_plain else None, Untrusted(""),
        tuple(map(Untrusted, queues)), slots, busy, started.replace(tzinfo=UTC), beat.replace(tzinfo=UTC),
        stopping=stopping, silent_after_s=_LIVES.total_seconds(),
    )  # fmt: skip
