"""Writes down what a worker asks of its store and what it is told: the store-side half of a history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

from queuetui.backends.base import JobStore, Lease, Renewal, Step, Swept
from queuetui.model.job import Settlement
from tests.acceptance.checker.events import BEGIN, END, Sink

LOAD = "load"
STALL_PART = 4
PULSE_S = 0.05


class Recorder:
    """Passes every call on to the store and records those that leases live by; `worker` is the pid that stands in the record."""

    def __init__(self, store: JobStore, sink: Sink, worker: int = 0) -> None:
        self._store = store
        self._sink = sink
        self._worker = worker
        self._queues: dict[str, str] = {}
        self._lease_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Open a lease."""
        since_ns = boot_ns()
        lease = self._store.open_lease(worker_id, queue, lease_s)
        self._queues[lease.id], self._lease_s = queue, lease_s
        self._tell("open", since_ns, lease_id=lease.id, queue=queue, lease_s=lease_s, outcome="valid")
        return lease

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Prolong leases."""
        since_ns = boot_ns()
        try:
            renewal = self._store.renew(lease_ids, lease_s)
        except BaseException:
            self._tell_each("renew", since_ns, lease_ids, lease_s=lease_s, outcome="unknown")
            raise
        self._tell_each("renew", since_ns, sorted(renewal.valid), lease_s=lease_s, outcome="valid")
        self._tell_each("renew", since_ns, sorted({*lease_ids} - renewal.valid), lease_s=lease_s, outcome="over")
        return renewal

    def close_lease(self, lease_id: str) -> int:
        """End a lease."""
        call = uuid4().hex
        self._tell("closing", 0, lease_id=lease_id, call=call)
        since_ns = boot_ns()
        released = self._store.close_lease(lease_id)
        self._tell("close", since_ns, lease_id=lease_id, call=call, count=released)
        return released

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and claim."""
        call = uuid4().hex
        if settlements:
            self._tell("settling", 0, lease_id=lease_id, call=call)
        since_ns = boot_ns()
        try:
            step = self._store.step(lease_id, settlements, claim)
        except BaseException:
            self._tell_endings(since_ns, call, lease_id, settlements, None)
            raise
        self._tell_endings(since_ns, call, lease_id, settlements, step)
        queue = self._queues.get(lease_id, "")
        for job in step.claimed:
            self._tell("claim", since_ns, lease_id=lease_id, queue=queue, job_id=job.id, fence=job.fence)
        return step

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Free the jobs of leases that are over."""
        since_ns = boot_ns()
        swept = self._store.sweep(limit)
        for one in swept:
            self._tell("sweep", since_ns, job_id=one.job_id, outcome="failed" if one.failed else "released")
        return swept

    def _tell_endings(
        self, since_ns: int, call: str, lease_id: str, settlements: Sequence[Settlement], step: Step | None
    ) -> None:
        for one in settlements:
            outcome = "unknown" if step is None else one.ending.value if one.job_id in step.accepted else "stale"
            self._tell(
                "settle", since_ns, call=call, lease_id=lease_id, job_id=one.job_id, fence=one.fence, outcome=outcome
            )

    def _tell_each(self, kind: str, since_ns: int, lease_ids: Sequence[str], **values: Any) -> None:
        for lease_id in lease_ids:
            self._tell(kind, since_ns, lease_id=lease_id, queue=self._queues.get(lease_id, ""), **values)

    def _tell(self, kind: str, since_ns: int, **values: Any) -> None:
        told = self._sink.write(kind, pid=self._worker, since_ns=since_ns, **values)
        if since_ns and self._lease_s and told.boot_ns - since_ns > self._lease_s * 1e9 / STALL_PART:
            tell_stall(self._sink, since_ns, self._worker)


def boot_ns() -> int:
    """Return the clock that all processes of the host share."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def tell_stall(sink: Sink, since_ns: int, worker: int = 0) -> None:
    """Record that this process was held up until now by the load of the machine: nobody's fault, and told apart from ours."""
    sink.write("fault", pid=worker, boot_ns=since_ns, phase=BEGIN, fault=LOAD, detail=str(since_ns))
    sink.write("fault", pid=worker, phase=END, fault=LOAD, detail=str(since_ns))


def watch_pulse(sink: Sink, lease_s: float) -> Callable[[], None]:
    """Record whenever this process gets no processor time for a good part of a lease; return what ends the watch."""
    over = threading.Event()

    def beat() -> None:
        last_ns = boot_ns()
        while not over.wait(PULSE_S):
            now_ns = boot_ns()
            if now_ns - last_ns > lease_s * 1e9 / STALL_PART:
                tell_stall(sink, last_ns)
            last_ns = now_ns

    threading.Thread(target=beat, name="pulse", daemon=True).start()
    return over.set
