"""One job with the facts that its verdict needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.model.measured import Measured, absent
from queuetui.model.snapshot import QueueInfo
from queuetui.model.text import Untrusted

if TYPE_CHECKING:
    from queuetui.model.claim_rules import RulesInUse
    from queuetui.model.event import EventPage
    from queuetui.model.job import Attempt, Job
    from queuetui.model.row_lock import RowLock
    from queuetui.model.run_notes import NotedRun
    from queuetui.model.worker import WorkerInfo


@dataclass(frozen=True, slots=True)
class JobView:
    """The result of one read of a job; `now`, `queues` and `workers` are the facts that judge it.

    A queue tells here whether it is paused, and no counts. `events` is None where none were asked for or none are kept.
    `lock` is who holds the row of a waiting job, where the server tells.
    """

    job: Job
    now: datetime
    queues: tuple[QueueInfo, ...] = ()
    workers: tuple[WorkerInfo, ...] = ()
    rules: tuple[RulesInUse, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    runs: tuple[NotedRun, ...] = ()
    events: EventPage | None = None
    logs_events: bool = False
    held_until: datetime | None = None
    lock: RowLock | None = None


def uncounted_queue(
    name: str,
    paused_at: datetime | None = None,
    paused_by: str | None = None,
    logs_events: bool | None = None,
    *,
    rests: bool = False,
) -> QueueInfo:
    """Return a queue with only its switches."""
    by = None if paused_by is None else Untrusted(paused_by)
    nothing: Measured[int] = absent("not asked for")
    return QueueInfo(
        Untrusted(name), {}, nothing, paused_at=paused_at, paused_by=by, logs_events=logs_events, rests=rests
    )
