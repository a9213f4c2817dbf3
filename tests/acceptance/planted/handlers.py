"""What the jobs of a play do, and who did it: workers share one process, so a ledger knows which of them holds a run."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Sequence
from typing import Any

from queuetui import Context
from queuetui.backends.base import Step
from queuetui.model.backoff import Backoff
from queuetui.model.declaration import Declaration, declare
from queuetui.model.job import ClaimedJob, Ending, Settlement
from tests.acceptance.checker import Sink
from tests.acceptance.checker.events import digest_of

_numbers = itertools.count(1)


class Ledger:
    """Which worker holds which run, and an outside system that refuses older runs by their fence."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self._holder: dict[tuple[str, int], int] = {}
        self._newest: dict[str, int] = {}
        self._lock = threading.Lock()

    def told(self, store: Any, worker: int) -> Any:
        """Return a worker's store that tells the ledger of each claim."""
        return Telling(store, self, worker)

    def took(self, jobs: Sequence[ClaimedJob], worker: int) -> None:
        """Learn of a claim."""
        with self._lock:
            self._holder |= {(job.id, job.fence): worker for job in jobs}

    def begin(self, job: ClaimedJob, worker: int = 0) -> int:
        """Record the start of a run and return its worker."""
        holder = worker or self._holder.get((job.id, job.fence), 0)
        self.sink.write("start", pid=holder, job_id=job.id, fence=job.fence, digest=digest_of(job.payload))
        return holder

    def end(self, job: ClaimedJob, worker: int, how: str) -> None:
        """Record the end of a run, and its effect where it has one."""
        if how == "end":
            with self._lock:
                applied = job.fence > self._newest.get(job.id, 0)
                self._newest[job.id] = max(job.fence, self._newest.get(job.id, 0))
                outcome = "applied" if applied else "refused"
                self.sink.write("effect", pid=worker, job_id=job.id, fence=job.fence, outcome=outcome)
        self.sink.write(how, pid=worker, job_id=job.id, fence=job.fence)

    def finish(self, job: ClaimedJob, worker: int) -> Settlement:
        """Record the end of a run and return what its worker tells the store."""
        self.end(job, worker, "end")
        return Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.1)


class Telling:
    """Passes every call on and tells the ledger of claims before the worker hears of them."""

    def __init__(self, store: Any, ledger: Ledger, worker: int) -> None:
        self._store = store
        self._ledger = ledger
        self._worker = worker

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Write endings and claim."""
        step: Step = self._store.step(lease_id, settlements, claim)
        self._ledger.took(step.claimed, self._worker)
        return step


def declare_scene(ledger: Ledger) -> str:
    """Declare the handler of one play under a type of its own and return the type."""

    def scene(payload: dict[str, Any], context: Context) -> None:
        worker = ledger.begin(context.job)
        threading.Event().wait(payload["ms"] / 1000)
        if context.attempt <= payload["fails"]:
            ledger.end(context.job, worker, "fail")
            message = "this attempt was told to fail"
            raise RuntimeError(message)
        ledger.end(context.job, worker, "end")

    job_type = f"scene_{next(_numbers)}"
    declare(Declaration(job_type, scene, backoff=Backoff(base_s=0.05, cap_s=0.2)))
    return job_type


def describe_scene(ms: int, fails: int) -> bytes:
    """Return the payload of a job that works so long and fails so often."""
    return json.dumps({"ms": ms, "fails": fails}).encode()
