"""What a worker itself costs a job: it drains a store that costs nothing, so that all that is measured is its own work.

    python benchmarks/worker_alone.py [--jobs 50000] [--rounds 3] [--batch 500] [--concurrency 1] [--log-level info]

Microseconds of processor time a job, the median of the rounds. With a level the log is written as JSON, to nowhere.
"""

from __future__ import annotations

import argparse
import logging
import os
import resource
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from queuetui.backends.base import BackendOptions, Lease, Renewal, Running, Step, Swept
from queuetui.backends.registry import open_native
from queuetui.engine.logs import configure_logs
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.declaration import job
from queuetui.model.job import ClaimedJob, Ending, Settlement

PAYLOAD = b'{"sku":"A-1042","shop":"North"}'


@job("benchmark.noop")
def noop(payload: object) -> None:
    """Do nothing."""


class ReadyStore:
    """Hands out jobs that were made before and takes every ending."""

    def __init__(self, jobs: int) -> None:
        now = datetime.now(UTC)
        self._claimed: dict[str, ClaimedJob] = {}
        self._waiting = [
            ClaimedJob(
                str(uuid4()), 1, "benchmark.noop", "default", PAYLOAD, None, 0, 0, 3, 0, None, (), None, now, now
            )
            for _ in range(jobs)
        ]

    def register(self, worker: object) -> None:
        """Take a registration."""

    def beat(self, worker_id: str, rss_bytes: int | None, stopping: bool) -> bool:
        """Take a beat."""
        return True

    def retire(self, worker_id: str, why: str) -> None:
        """Forget a worker."""

    def queues_ready(self, queues: Sequence[str] | None) -> tuple[str, ...]:
        """Name the one queue while it has jobs."""
        return ("default",) if self._waiting else ()

    def open_lease(self, worker_id: str, queue: str, lease_s: float) -> Lease:
        """Grant a lease."""
        return Lease(uuid4().hex, queue, datetime.now(UTC) + timedelta(seconds=lease_s))

    def renew(self, lease_ids: Sequence[str], lease_s: float) -> Renewal:
        """Renew every lease."""
        return Renewal(frozenset(lease_ids), frozenset())

    def close_lease(self, lease_id: str) -> int:
        """End a lease that holds nothing."""
        return 0

    def step(self, lease_id: str, settlements: Sequence[Settlement], claim: int) -> Step:
        """Take endings, and hand out the next jobs; what is given back, as on a busy machine, waits again."""
        for ended in settlements:
            one = self._claimed.pop(ended.job_id)
            if ended.ending is Ending.RELEASED:
                self._waiting.append(one)
        claimed = tuple(self._waiting[-claim:]) if claim else ()
        del self._waiting[len(self._waiting) - len(claimed) :]
        self._claimed.update((one.id, one) for one in claimed)
        return Step(frozenset([one.job_id for one in settlements]), claimed)

    def mark_running(self, lease_id: str, running: Sequence[Running]) -> None:
        """Take news of runs."""

    def promote(self, limit: int) -> int:
        """Find nothing that is due."""
        return 0

    def sweep(self, limit: int) -> tuple[Swept, ...]:
        """Find nothing that is lost."""
        return ()

    def prune(self, limit: int) -> int:
        """Find nothing that is old."""
        return 0

    def listen(self, on_news: object) -> None:
        """Tell of nothing that is new."""

    def next_due_s(self) -> float | None:
        """Know of nothing that is scheduled."""
        return None


def used_s() -> float:
    """Return the processor time of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def drain(jobs: int, settings: WorkerSettings) -> float:
    """Return the microseconds a job."""
    backend = open_native(f"memory://{uuid4().hex}", BackendOptions(create=True))
    backend.jobs = ReadyStore(jobs)  # type: ignore[assignment]  # a worker never enqueues
    before_s = used_s()
    report = Worker(backend, settings).run()
    assert report.jobs == jobs, report
    return (used_s() - before_s) * 1e6 / jobs


def main(given: argparse.Namespace) -> None:
    """Measure and print."""
    if given.log_level:
        configure_logs(Path(os.devnull).open("w"), as_json=True, level=given.log_level.upper())  # noqa: SIM115 - for the whole run
    else:
        logging.getLogger("queuetui").setLevel(logging.WARNING)
    settings = WorkerSettings(concurrency=given.concurrency, batch=given.batch, burst=True, isolation=given.isolation)
    figures = [drain(given.jobs, settings) for _ in range(given.rounds)]
    print(f"{statistics.median(figures):.1f} us a job  ({', '.join(f'{one:.1f}' for one in figures)})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--isolation", choices=["thread", "process"], help="thread saves the look for hard time limits")
    parser.add_argument("--log-level", help="write the log at this level")
    main(parser.parse_args())
