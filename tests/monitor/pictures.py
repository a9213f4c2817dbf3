"""Jobs, workers, queues and the facts they are judged by, at one fixed time."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from queuetui.backends.native.act_rules import APPLIES
from queuetui.model.act import JobRef, Verb
from queuetui.model.capabilities import Capabilities, Liveness
from queuetui.model.clock import EPOCH
from queuetui.model.job import Job
from queuetui.model.limits import Limits
from queuetui.model.measured import Measured
from queuetui.model.snapshot import QueueInfo
from queuetui.model.state import FINAL, State
from queuetui.model.text import Untrusted
from queuetui.model.worker import WorkerInfo
from queuetui.monitor.diagnosis.facts import Facts, gather_facts

NOW = EPOCH + timedelta(days=20_000)
LIMITS = Limits(stuck_after_s=300, worker_silent_s=30, per_queue_s={"slow": 3600}, per_type_s={"Long": 7200})
NATIVE = Capabilities("native", "sqlite", True, APPLIES, frozenset(State), liveness=Liveness.LEASE, workers=True)
FOREIGN = Capabilities(
    "laravel", "Laravel", False, {Verb.RETRY: FINAL | {State.RETRYING, State.SCHEDULED}}, frozenset(State)
)


@dataclass(frozen=True)
class Around:
    """What a read told of the store beside its jobs."""

    now: datetime
    queues: tuple[QueueInfo, ...]
    workers: tuple[WorkerInfo, ...]
    held_until: datetime | None = None


def ago(seconds: float) -> datetime:
    """Return the time so many seconds before NOW."""
    return NOW - timedelta(seconds=seconds)


def job(state: State = State.PENDING, queue: str = "mail", job_type: str = "Send", **changes: Any) -> Job:
    """Return a job, due and untouched but for the changes."""
    plain = Job(
        JobRef("b", "01234567-89ab-7def-8123-456789abcdef", "1"),
        Untrusted(job_type),
        Untrusted(queue),
        state,
        Untrusted("{}"),
        max_attempts=3,
    )
    return replace(plain, **changes)


def running(started_s: float, lease_s: float | None = 30, **changes: Any) -> Job:
    """Return a processing job that began some seconds ago, with a lease that goes on for some seconds."""
    until = None if lease_s is None else ago(-lease_s)
    found = job(State.PROCESSING, started_at=ago(started_s), claimed_at=ago(started_s), lease_until=until)
    return replace(found, worker=Untrusted("w1"), **changes)


def worker(*queues: str, silent_s: float = 1, slots: int = 2, busy: int = 0, worker_id: str = "w1") -> WorkerInfo:
    """Return a registered worker."""
    return WorkerInfo(
        Untrusted(worker_id),
        Untrusted("web-1"),
        4411,
        Untrusted("0.1.0"),
        tuple(map(Untrusted, queues)),
        slots,
        busy,
        ago(1000),
        ago(silent_s),
    )


def queue(
    name: str = "mail", *, paused_s: float | None = None, by: str = "ann@web-1", rests: bool = False
) -> QueueInfo:
    """Return a queue, paused some seconds ago or not; of one that `rests` nothing runs or ran lately."""
    paused_at = None if paused_s is None else ago(paused_s)
    paused_by = None if paused_at is None else Untrusted(by)
    return QueueInfo(Untrusted(name), {}, Measured(0), paused_at=paused_at, paused_by=paused_by, rests=rests)


def facts(
    *things: WorkerInfo | QueueInfo,
    capabilities: Capabilities = NATIVE,
    limits: Limits = LIMITS,
    problems: Container[str] = (),
) -> Facts:
    """Return the facts of workers and queues, and of what of them was not read; the queue `mail` is there unless another is."""
    workers = tuple(thing for thing in things if isinstance(thing, WorkerInfo))
    queues = tuple(thing for thing in things if isinstance(thing, QueueInfo)) or (queue(),)
    return gather_facts(Around(NOW, queues, workers), {}, limits, capabilities, problems)
