"""The limits of times by which jobs and workers are judged, and the queues without a live worker."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from queuetui.model.alarm_limits import AlarmLimits

if TYPE_CHECKING:
    from queuetui.model.worker import WorkerInfo


# The longest delay with which a worker gives back a job whose type it does not know.
LONGEST_GIVEN_BACK_S = 60.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The floors from the profile that stuck verdicts are judged by.

    `stuck_after_s` bounds a run, and how long a due job may wait in a queue with no consumer; a worker silent for `worker_silent_s`
    is not live. A schedule is overdue when nobody has looked at a slot for `schedule_late_s`.
    `overdue_after_s` bounds how long a job may be due, whoever listens. `learned_s` is by type what its runs were seen to need: it raises
    a limit that the profile does not set for the type itself, and lowers none.
    """

    stuck_after_s: float = 300.0
    worker_silent_s: float = 30.0
    schedule_late_s: float = 60.0
    per_queue_s: Mapping[str, float] = field(default_factory=dict)
    per_type_s: Mapping[str, float] = field(default_factory=dict)
    learned_s: Mapping[str, float] = field(default_factory=dict)
    overdue_after_s: float = 600.0
    overdue_per_queue_s: Mapping[str, float] = field(default_factory=dict)
    overdue_per_type_s: Mapping[str, float] = field(default_factory=dict)
    alarms: AlarmLimits = field(default_factory=AlarmLimits)

    def run_limit_s(self, queue: str, job_type: str) -> float:
        """Return the run limit of a job: its type's, else its queue's or the floor, raised by learning."""
        by_queue = self.per_queue_s.get(queue, self.stuck_after_s)
        return self.per_type_s.get(job_type, max(by_queue, self.learned_s.get(job_type, 0.0)))

    def overdue_limit_s(self, queue: str, job_type: str) -> float:
        """Return how long a job may be due: the limit of its type, else of its queue, else the floor."""
        by_queue = self.overdue_per_queue_s.get(queue, self.overdue_after_s)
        return self.overdue_per_type_s.get(job_type, by_queue)

    @property
    def shortest_overdue_s(self) -> float:
        """For how long a job of any type and queue may be due."""
        return min([self.overdue_after_s, *self.overdue_per_queue_s.values(), *self.overdue_per_type_s.values()])


def is_live(worker: WorkerInfo, now: datetime, limits: Limits) -> bool:
    """Tell whether a worker works, sent a recent heartbeat, and holds no job with an expired lease.

    One that its store keeps only as long as it may be silent is live.
    """
    return not worker.has_ended and not worker.orphaned and not is_silent(worker, now, limits)


def is_free(worker: WorkerInfo, now: datetime, limits: Limits) -> bool:
    """Tell whether a live worker takes jobs and has a slot for one."""
    if worker.slots is None or worker.busy is None:
        return False
    return is_live(worker, now, limits) and not worker.stopping and worker.busy < worker.slots


def is_silent(worker: WorkerInfo, now: datetime, limits: Limits) -> bool:
    """Tell whether the last heartbeat of a worker that should send them is too old."""
    if worker.registration_ends or worker.has_ended:
        return False
    limit_s = limits.worker_silent_s if worker.silent_after_s is None else worker.silent_after_s
    return (now - worker.beat_at).total_seconds() > limit_s


def unconsumed(queues: Iterable[str], workers: Iterable[WorkerInfo], now: datetime, limits: Limits) -> frozenset[str]:
    """Return the queues that no live worker listens to."""
    live = [worker for worker in workers if is_live(worker, now, limits)]
    if not all(worker.queues for worker in live):
        return frozenset()
    return frozenset(queues) - {queue.raw for worker in live for queue in worker.queues}
