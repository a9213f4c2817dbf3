"""One process of a crowd on one queue: `python -m tests.backends.native.crowd enqueue|work URL JOBS`, telling what it did as JSON lines."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from uuid import uuid4

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.model.job import Ending, NewJob, Settlement

PATIENCE_S = 90.0


def enqueue(backend: SqlBackend, jobs: int) -> None:
    """Enqueue one by one, and say each id."""
    for number in range(jobs):
        (answer,) = backend.jobs.enqueue([NewJob(str(uuid4()), "T", b"{}", queue=f"q{number % 2}")])
        print(json.dumps([answer.id, answer.created]))  # noqa: T201 - the test reads it


def work(backend: SqlBackend, jobs: int) -> None:
    """Claim batches of jobs and complete them until that many are done by everybody, and say each run."""
    worker = uuid4().hex
    leases = {queue: backend.jobs.open_lease(worker, queue, 60).id for queue in ("q0", "q1")}
    pause = threading.Event()
    deadline = time.monotonic() + PATIENCE_S
    while count_done(backend) < jobs and time.monotonic() < deadline:
        claimed = 0
        for lease in leases.values():
            step = backend.jobs.step(lease, [], 7)
            endings = [Settlement(job.id, job.fence, job.type, Ending.COMPLETED, 0.0) for job in step.claimed]
            accepted = backend.jobs.step(lease, endings, 0).accepted
            claimed += len(endings)
            for job in step.claimed:
                print(json.dumps([job.id, job.fence, job.id in accepted]))  # noqa: T201 - the test reads it
        backend.jobs.promote(100)
        backend.jobs.sweep(100)
        if not claimed:
            pause.wait(0.02)


def count_done(backend: SqlBackend) -> int:
    """Return how many jobs are final."""
    count = "select count(*) from queuetui_job_done"
    found: int = backend.database.read("counting", lambda session: session.execute(count, {}).fetchone()[0])
    return found


ROLES: dict[str, Callable[[SqlBackend, int], None]] = {"enqueue": enqueue, "work": work}

if __name__ == "__main__":
    role, url, jobs = sys.argv[1:]
    opened = open_backend(url, BackendOptions(create=True))
    ROLES[role](opened, int(jobs))
    opened.close()
