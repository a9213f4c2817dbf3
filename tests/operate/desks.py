"""An in-memory queue with jobs in it, and an authority to act from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from queuetui.backends.base import BackendOptions, Operator
from queuetui.backends.native.memory.backend import MemoryBackend
from queuetui.backends.native.memory.store import MemoryStore
from queuetui.model.act import Act, Result, Target
from queuetui.model.clock import EPOCH
from queuetui.model.errors import QueueTuiError, UnknownOutcome
from queuetui.model.job import Ending, Job, NewJob, RunError, Settlement
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.worker import WorkerCard
from queuetui.operate.authority import Authority
from queuetui.operate.journal import Journal
from queuetui.operate.operations import Operations
from queuetui.operate.rights import Right

LIMITS = Limits()
START = EPOCH + timedelta(days=20_000)


class FailingOperator:
    """What a person may change, which raises what a test says from the batch it says on."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self.failure: QueueTuiError | None = None
        self.batches_before_failure = 0
        self.answers_to_lose = 0
        self.acts: list[Act] = []
        self.apply_to_queue, self.clean_workers = operator.apply_to_queue, operator.clean_workers

    def apply(self, act: Act, targets: Sequence[Target], limits: Limits) -> tuple[Result, ...]:
        """Act, or raise the failure; the first answers may be lost after the store has acted."""
        self.acts.append(act)
        if self.failure is not None and self.batches_before_failure == 0:
            raise self.failure
        self.batches_before_failure -= 1
        results = self._operator.apply(act, targets, limits)
        if self.answers_to_lose:
            self.answers_to_lose -= 1
            raise UnknownOutcome("the answer was lost")
        return results


class FailingBackend(MemoryBackend):
    """The in-memory queue with acts that may fail."""

    @cached_property
    def operator(self) -> FailingOperator:
        """What a person may change."""
        return FailingOperator(super().operator)


class Office:
    """One queue, its clock, and an operator with a journal."""

    def __init__(self, folder: Path, right: Right = Right.ADMIN) -> None:
        self.now: datetime = START
        self.backend = FailingBackend(MemoryStore(clock=lambda: self.now), BackendOptions())
        self.backend.jobs.register(WorkerCard("w1", "web-1", 1, "0", ("mail",), 1))
        self.journal_file = folder / "state" / "acts.jsonl"
        self.export_folder = folder / "state" / "purged"
        authority = Authority(right, "ann@web-1", Journal(self.journal_file, "memory"), self.export_folder)
        self.operations = Operations(self.backend, authority, LIMITS)

    def pending(self, job_id: str, queue: str = "mail", payload: bytes = b"{}") -> Job:
        """Store a due job and return it as seen."""
        self.backend.jobs.enqueue([NewJob(job_id, "Send", payload, queue)])
        return self.backend.inspector.get(job_id)

    def processing(self, job_id: str, lease_s: float = 30) -> Job:
        """Store a job, claim it and return it as seen."""
        self.pending(job_id, f"lane-{job_id}")
        lease = self.backend.jobs.open_lease("w1", f"lane-{job_id}", lease_s)
        self.backend.jobs.step(lease.id, (), 1)
        return self.backend.inspector.get(job_id)

    def ended(self, job_id: str, ending: Ending = Ending.FAILED) -> Job:
        """Store a job, run it to its end and return it as seen."""
        self.pending(job_id, f"lane-{job_id}")
        lease = self.backend.jobs.open_lease("w1", f"lane-{job_id}", 30)
        (claimed,) = self.backend.jobs.step(lease.id, (), 1).claimed
        error = RunError("TimeoutError", "too late") if ending is Ending.FAILED else None
        self.backend.jobs.step(lease.id, [Settlement(job_id, claimed.fence, "Send", ending, 0.1, error=error)], 0)
        return self.backend.inspector.get(job_id)

    def pass_time(self, seconds: float) -> None:
        """Move the clock."""
        self.now += timedelta(seconds=seconds)

    def states(self) -> dict[str, str]:
        """Return the state of every job by id."""
        page = self.backend.inspector.page(PageRequest(parse_query(""), 1000), LIMITS)
        return {job.ref.id: job.state.value for job in page.jobs}

    def entries(self) -> list[dict[str, Any]]:
        """Return what the journal holds."""
        if not self.journal_file.exists():
            return []
        return [json.loads(line) for line in self.journal_file.read_text(encoding="utf-8").splitlines()]
