"""What it costs to run handlers in child processes: the same drain in threads and in processes, in turns, in one run.

    python benchmarks/isolation.py [--jobs 10000] [--rounds 3] [--url URL] [--concurrency 1]

Only the ratio tells anything: process over thread, 1 when isolation costs nothing. No-op jobs are the worst case.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import sys
import tempfile
import time
from pathlib import Path

from queuetui.client import Queue
from queuetui.engine.settings import Isolation, WorkerSettings
from queuetui.engine.worker import Worker

APP = """
from queuetui import job

@job("benchmark.noop")
def noop(payload):
    pass
"""
PAYLOAD = {"sku": "A-1042", "shop": "North"}


def drain(url: str, jobs: int, concurrency: int, isolation: Isolation) -> float:
    """Fill a queue and return the rate of a whole worker, from its start to its end."""
    with Queue(url) as queue:
        for first in range(0, jobs, 1000):
            queue.enqueue_many([queue.new("benchmark.noop", PAYLOAD) for _ in range(min(1000, jobs - first))])
        settings = WorkerSettings(concurrency=concurrency, burst=True, app="isolation_app", isolation=isolation)
        started_s = time.perf_counter()
        report = Worker(queue.backend, settings).run()
        assert report.jobs == jobs, report
        return jobs / (time.perf_counter() - started_s)


def main(jobs: int, rounds: int, url: str | None, concurrency: int) -> None:
    """Measure and print."""
    logging.getLogger("queuetui").setLevel(logging.WARNING)
    rates: dict[Isolation, list[float]] = {"thread": [], "process": []}
    with tempfile.TemporaryDirectory(prefix="queuetui-isolation-") as folder:
        (Path(folder) / "isolation_app.py").write_text(APP)
        sys.path.insert(0, folder)
        for number in range(rounds):
            for isolation, measured in rates.items():
                target = url or f"sqlite:///{folder}/{isolation}-{number}.db"
                measured.append(drain(target, jobs, concurrency, isolation))
    print(f"{jobs} no-op jobs, {concurrency} slots, median of {rounds} rounds, Python {sys.version.split()[0]}")
    thread, process = (statistics.median(measured) for measured in rates.values())
    print(f"threads   {thread:>10,.0f} jobs/s")
    print(f"processes {process:>10,.0f} jobs/s  {process / thread:.2f} of threads (goal 0.50)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--url", help="a database of our own to fill instead of new SQLite files")
    parser.add_argument("--concurrency", type=int, default=1)
    given = parser.parse_args()
    main(given.jobs, given.rounds, given.url, given.concurrency)
