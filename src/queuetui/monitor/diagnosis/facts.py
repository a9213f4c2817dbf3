"""The facts that the rules judge jobs, queues and workers by."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from queuetui.model.access import ATTACHED, OWN, Access
from queuetui.model.capabilities import Capabilities
from queuetui.model.claim_rules import RulesInUse
from queuetui.model.counted import counted
from queuetui.model.histories import LEAST_RUNS, Durations
from queuetui.model.job import Job
from queuetui.model.limits import Limits, is_live, unconsumed
from queuetui.model.measured import Measured
from queuetui.model.row_lock import RowLock
from queuetui.model.snapshot import Part, QueueInfo
from queuetui.model.waiting_queues import judge_waiting
from queuetui.model.worker import WorkerInfo


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """Counts of a queue's jobs around one waiting job.

    `ahead` are due before it, `outranking` are due with a higher priority, `running` are processing, `ended` ended in the last
    RATE_MINUTES. `tells_completed`: the store keeps completed jobs; if not, `ended` counts failed jobs alone.
    """

    ahead: Measured[int] | None = None
    running: Measured[int] | None = None
    ended: Measured[int] | None = None
    tells_completed: bool = True
    outranking: Measured[int] | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """The workers and queues of one snapshot, the limits, and what the backend can do.

    `now` is the time of the store's clock. `unconsumed` are the queues that no live worker listens to; `idle` are those of which
    nothing is claimed though it could be. `still` are the queues that stand still, each with the limit that its oldest job exceeded.
    `first_rss` is the first measure of each worker's memory since the watching began. `usual` are the usual run times by type.
    `progress` and `lock` are read only for a job that is opened. `access` is how advised commands reach the store.
    """

    now: datetime
    limits: Limits
    capabilities: Capabilities
    queues: Mapping[str, QueueInfo]
    workers: tuple[WorkerInfo, ...]
    unconsumed: frozenset[str]
    idle: frozenset[str] = frozenset()
    rules: Mapping[str, RulesInUse] = field(default_factory=dict)
    held_until: datetime | None = None
    first_rss: Mapping[str, int] = field(default_factory=dict)
    progress: QueueProgress | None = None
    lock: RowLock | None = None
    usual: Mapping[str, Durations] = field(default_factory=dict)
    still: Mapping[str, float] = field(default_factory=dict)
    access: Access = OWN

    def seconds_since(self, at: datetime | None) -> float | None:
        """Return the age of a time, None if the time is unknown."""
        return None if at is None else (self.now - at).total_seconds()

    def wait_s(self, job: Job) -> float:
        """Return for how long a job has been due, or has existed if its store keeps no due time."""
        return self.seconds_since(job.scheduled_at or job.created_at) or 0.0

    def listeners(self, queue: str) -> tuple[WorkerInfo, ...]:
        """Return the live workers that listen to a queue."""
        return tuple(
            worker for worker in self.workers if is_live(worker, self.now, self.limits) and worker.listens_to(queue)
        )

    def slots_for(self, queue: str) -> tuple[int, int] | None:
        """Return the slots of a queue's live workers and how many are busy; None if one does not tell."""
        listeners = self.listeners(queue)
        slots = [one.slots for one in listeners if one.slots is not None and one.busy is not None]
        return (sum(slots), sum(one.busy_slots for one in listeners)) if len(slots) == len(listeners) else None

    def judged_by(self, job: Job) -> str:
        """Return in words how the run limit of a job was found: from runs of its type, or as the floor only."""
        known = self.usual.get(job.type.raw)
        runs = 0 if known is None else known.runs
        if known is None or runs < LEAST_RUNS:
            return f"floor only, {counted(runs, 'run')} of its type seen"
        return f"p99 {known.p99_s:g} s of {counted(runs, 'run')} of its type"

    def holder(self, job: Job) -> WorkerInfo | None:
        """Return the registered worker that holds a job, None if it is not registered."""
        if job.worker is None:
            return None
        return next((worker for worker in self.workers if worker.id == job.worker), None)


class Surroundings(Protocol):
    """What a snapshot, or the view of one job, tells of the queues and workers."""

    @property
    def now(self) -> datetime:
        """The time of the store's clock."""
        ...

    @property
    def queues(self) -> tuple[QueueInfo, ...]:
        """The queues, with their pauses and other switches."""
        ...

    @property
    def workers(self) -> tuple[WorkerInfo, ...]:
        """The registered workers."""
        ...

    @property
    def held_until(self) -> datetime | None:
        """Until when the store lets no job be claimed."""
        ...


def gather_facts(
    around: Surroundings,
    rules: Mapping[str, RulesInUse],
    limits: Limits,
    capabilities: Capabilities,
    problems: Container[str] = (),
) -> Facts:
    """Gather the facts from a read that has the queues and workers.

    If the workers are among the `problems`, they could not be read, and the rules judge as if the store kept none.
    """
    if Part.WORKERS in problems:
        capabilities = replace(capabilities, workers=False)
    queues = {queue.name.raw: queue for queue in around.queues}
    open_queues = (name for name, queue in queues.items() if not queue.is_paused)
    resting = {name for name, queue in queues.items() if queue.rests}
    return Facts(
        now=around.now,
        limits=limits,
        capabilities=capabilities,
        queues=queues,
        workers=around.workers,
        unconsumed=unconsumed(queues, around.workers, around.now, limits),
        idle=judge_waiting(open_queues, resting, around.workers, around.now, limits).idle,
        rules=rules,
        held_until=around.held_until,
        access=OWN if capabilities.native else ATTACHED,
    )
