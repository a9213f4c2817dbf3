"""A store with jobs, and the answers of command lines run against it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from queuetui.backends.backend import NativeBackend
from queuetui.model.act import Act, Target, Verb
from queuetui.model.job import Ending, NewJob, RunError, Settlement
from queuetui.model.job_id import new_job_id
from queuetui.model.limits import Limits
from queuetui.model.worker import WorkerCard
from tests.waiting import wait_until

LIMITS = Limits()
LONG_S = 3600.0
SHORT_S = 0.01


@dataclass(frozen=True)
class Answer:
    """What a command line ended with."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON on stdout."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out)))

    def fails(self, code: int, words: str) -> None:
        """Check that it printed no data, one line of words, and ended so."""
        assert (self.code, self.out) == (code, ""), self
        assert words in self.err
        assert self.err.count("\n") == 1, self.err


@dataclass
class Scene:
    """One store; `ids` names jobs by what they stand for."""

    url: str
    backend: NativeBackend
    run: Callable[..., Answer]
    ids: dict[str, str] = field(default_factory=dict)

    def job(self, label: str, queue: str = "mail", payload: object = None, **changes: Any) -> str:
        """Store a job under a name and return its id."""
        data = (
            payload
            if isinstance(payload, bytes)
            else json.dumps({"sku": label} if payload is None else payload).encode()
        )
        settings = {"type": "SendMail", "correlation_id": "cause-1", **changes}
        job_id = settings.pop("id", None) or new_job_id()
        (stored,) = self.backend.jobs.enqueue([NewJob(id=job_id, payload=data, queue=queue, **settings)])
        self.ids[label] = stored.id
        return stored.id

    def claimed(self, name: str, **changes: Any) -> tuple[str, int]:
        """Store a job in a lane of its own, claim it, and return its lease and fence."""
        lane = f"lane-{name}"
        self.job(name, lane, **changes)
        lease = self.backend.jobs.open_lease("worker-1", lane, LONG_S)
        (claimed,) = self.backend.jobs.step(lease.id, (), 1).claimed
        return lease.id, claimed.fence

    def ended(
        self,
        name: str,
        ending: Ending,
        result: bytes = b'{"sent": 1}',
        message: str = "the mail server was silent",
        **changes: Any,
    ) -> None:
        """Store a job, claim it and end its run."""
        lease_id, fence = self.claimed(name, **changes)
        failed = ending in {Ending.FAILED, Ending.RETRY}
        error = RunError("TimeoutError", message, "Traceback: here") if failed else None
        kept = result if ending is Ending.COMPLETED else None
        settlement = Settlement(
            self.ids[name], fence, "SendMail", ending, 0.25, result=kept, error=error, delay_s=LONG_S
        )
        self.backend.jobs.step(lease_id, [settlement], 0)

    def orphaned(self, name: str) -> None:
        """Store a job, claim it and wait until its lease, cut short, is over."""
        lease_id, _ = self.claimed(name)
        self.backend.jobs.renew([lease_id], SHORT_S)
        job_id = self.ids[name]

        def is_over() -> bool:
            seen = self.run("why", job_id, "--json").data
            return bool(seen["code"] == "orphaned")

        wait_until(is_over)

    def register(self, *queues: str, worker_id: str = "worker-1") -> None:
        """Register a worker."""
        self.backend.jobs.register(WorkerCard(worker_id, "web-1", 4411, "0.1.0", queues, 2))

    def fill(self) -> None:
        """Store a job in every state: two waiting, two finished, one of each other, one of them orphaned."""
        self.register()
        self.job("pending")
        self.job("urgent", priority=10, tags=("vip",), idempotency_key="key-1", name="Mail to the boss")
        self.job("scheduled", delay_s=LONG_S)
        self.claimed("processing")
        self.ended("retrying", Ending.RETRY)
        self.ended("completed", Ending.COMPLETED)
        self.ended("completed-too", Ending.COMPLETED)
        self.ended("failed", Ending.FAILED)
        self.job("cancelled", "reports")
        (
            self.backend.operator.apply(
                Act(Verb.CANCEL, "ann"), [Target(self.backend.inspector.get(self.ids["cancelled"]).ref)], LIMITS
            )
        )
        self.orphaned("orphaned")
