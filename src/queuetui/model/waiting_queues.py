"""Finds queues whose due jobs wait without a reason: no worker listens, or nothing is claimed."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

from queuetui.model.limits import Limits, is_free, unconsumed
from queuetui.model.worker import WorkerInfo


@dataclass(frozen=True, slots=True)
class WaitingQueues:
    """Queues that are not paused.

    No live worker listens to the `unheard`. To the `idle` one listens that has a free slot and has been there for as long as a job may
    be due, and yet nothing of them runs or ran lately.
    """

    unheard: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()


def judge_waiting(
    open_queues: Iterable[str], resting: Container[str], workers: Iterable[WorkerInfo], now: datetime, limits: Limits
) -> WaitingQueues:
    """Judge queues that are not paused; the `resting` have no running and no recent runs."""
    names, crew = frozenset(open_queues), tuple(workers)
    free = [one for one in crew if is_free(one, now, limits) and _has_had_time(one, now, limits)]
    idle = (name for name in names if name in resting and any(one.listens_to(name) for one in free))
    return WaitingQueues(unconsumed(names, crew, now, limits), frozenset(idle))


def _has_had_time(worker: WorkerInfo, now: datetime, limits: Limits) -> bool:
    up_s = worker.up_s(now)
    return up_s is None or up_s >= limits.shortest_overdue_s
