"""What tests do to a queue over and over, in one line each."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import Lease
from queuetui.model.act import Act, Outcome, Result, Target, Verb
from queuetui.model.job import ClaimedJob, Ending, Job, NewJob, RunError, Settlement
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.model.state import State
from queuetui.model.worker import WorkerCard
from tests.waiting import wait_until

MOMENT_S = 0.001
# The clock that leases are judged by is not the one that is shown, where a machine may sleep.
MARGIN_S = 0.02
LONG_LEASE_S = 60.0
LIMITS = Limits()
_numbers = itertools.count(1)


def next_id() -> str:
    """Return a new job id (UUIDv7); each is greater than the one before."""
    head = time.time_ns() // 1_000_000 << 80 | 0x7 << 76 | 0x2 << 62
    return str(UUID(int=head | next(_numbers)))


def new_job(**changes: Any) -> NewJob:
    """Return a job to enqueue."""
    return NewJob(next_id(), "Send", b'{"to": "a@example.org"}')._replace(**changes)


def add(backend: NativeBackend, count: int = 1, **changes: Any) -> list[str]:
    """Enqueue jobs alike and return their ids."""
    jobs = [new_job(**changes) for _ in range(count)]
    assert all(answer.created for answer in backend.jobs.enqueue(jobs))
    return [job.id for job in jobs]


def add_one(backend: NativeBackend, **changes: Any) -> str:
    """Enqueue one job and return its id."""
    return add(backend, 1, **changes)[0]


def claim(
    backend: NativeBackend, count: int = 1, queue: str = "default", lease_s: float = LONG_LEASE_S, worker: str = "w1"
) -> tuple[Lease, tuple[ClaimedJob, ...]]:
    """Open a lease and claim under it."""
    lease = backend.jobs.open_lease(worker, queue, lease_s)
    return lease, backend.jobs.step(lease.id, [], count).claimed


def claim_one(backend: NativeBackend, **changes: Any) -> tuple[Lease, ClaimedJob]:
    """Open a lease and claim exactly one job under it."""
    lease, claimed = claim(backend, 1, **changes)
    assert len(claimed) == 1, "nothing was there to claim"
    return lease, claimed[0]


def ending(claimed: ClaimedJob, how: Ending, **changes: Any) -> Settlement:
    """Return the end of a run; a failed one has an error."""
    error = RunError("ValueError", "no such shop", "Traceback: ...") if how in {Ending.RETRY, Ending.FAILED} else None
    duration_s = None if how is Ending.RELEASED else 0.25
    settlement = Settlement(claimed.id, claimed.fence, claimed.type, how, duration_s, error=error)
    return settlement._replace(**changes)


def settle(backend: NativeBackend, lease: Lease, claimed: ClaimedJob, how: Ending, **changes: Any) -> bool:
    """Write the end of a run and tell whether it was accepted."""
    return claimed.id in backend.jobs.step(lease.id, [ending(claimed, how, **changes)], 0).accepted


def run(backend: NativeBackend, how: Ending = Ending.COMPLETED, queue: str = "default", **changes: Any) -> ClaimedJob:
    """Claim one job, end its run and close the lease."""
    lease, claimed = claim_one(backend, queue=queue)
    assert settle(backend, lease, claimed, how, **changes)
    backend.jobs.close_lease(lease.id)
    return claimed


def store_now(backend: NativeBackend) -> datetime:
    """Return the time of the store's clock."""
    return backend.inspector.snapshot(Watch(parts=frozenset())).now


def expire(backend: NativeBackend, lease: Lease) -> None:
    """Let a valid lease run out: renewed for no more than a moment, and that moment awaited."""
    assert backend.jobs.renew([lease.id], MOMENT_S).valid == {lease.id}
    since = store_now(backend)
    wait_until(lambda: (store_now(backend) - since).total_seconds() > MOMENT_S + MARGIN_S, interval_s=0.005)


def claim_and_vanish(
    backend: NativeBackend, count: int = 1, queue: str = "default"
) -> tuple[Lease, tuple[ClaimedJob, ...]]:
    """Claim jobs under a lease that is over when this returns."""
    lease, claimed = claim(backend, count, queue, worker="vanished")
    expire(backend, lease)
    return lease, claimed


def state_of(backend: NativeBackend, job_id: str) -> State:
    """Return the state of a job."""
    return backend.inspector.get(job_id).state


def act_on(backend: NativeBackend, verb: Verb, *job_ids: str) -> tuple[Result, ...]:
    """Do an act to jobs as they are now."""
    return backend.operator.apply(
        Act(verb, "ana"), [Target(backend.inspector.get(job_id).ref) for job_id in job_ids], LIMITS
    )


def act_done(backend: NativeBackend, verb: Verb, job_id: str) -> Result:
    """Do an act that must be done to one job."""
    (result,) = act_on(backend, verb, job_id)
    assert result.outcome is Outcome.DONE, result
    return result


def pause(backend: NativeBackend, queue: str = "default") -> Result:
    """Pause a queue."""
    return backend.operator.apply_to_queue(Act(Verb.PAUSE, "ana"), queue)


def card(worker_id: str = "w1", *queues: str, **changes: Any) -> WorkerCard:
    """Return a worker's registration."""
    return replace(WorkerCard(worker_id, "web-1", 4411, "0.1.0", queues or ("default",), slots=4), **changes)


def select(backend: NativeBackend, text: str = "", limits: Limits = LIMITS, size: int = 100) -> list[Job]:
    """Return all jobs that match a filter, in its order, page by page."""
    query, cursor, found = parse_query(text), None, list[Job]()
    while True:
        page = backend.inspector.page(PageRequest(query, size, cursor), limits)
        found += page.jobs
        if not page.has_more:
            return found
        cursor = page.last


def ids(jobs: list[Job]) -> list[str]:
    """Return the ids of jobs."""
    return [job.ref.id for job in jobs]


def snapshot(backend: NativeBackend, **changes: Any) -> Snapshot:
    """Return a picture with all parts; none may have failed."""
    picture = backend.inspector.snapshot(replace(Watch(), **changes))
    assert not picture.problems
    return picture
