"""How fast one worker drains a queue of no-op jobs, beside a bare loop in the same run.

    python benchmarks/drain.py [--jobs 20000] [--url URL] [--concurrency 1] [--bind 5]

Three rates, each on a store of its own: `bare`, a table of the least columns worked by the driver alone (claim 100, delete 100, one
commit, SQLite FULL); `steps`, our store driven by a bare loop of fused steps; `worker`, all of it. Only the ratios tell anything.

`--bind` tells instead what binding two fields in each run costs: processor time of whole drains, so many with and so many without it, in
turns.
"""

from __future__ import annotations

import argparse
import json
import logging
import sqlite3
import statistics
import sys
import tempfile
import time
from pathlib import Path

from queuetui.client import Queue
from queuetui.engine.context import Context
from queuetui.engine.settings import WorkerSettings
from queuetui.engine.worker import Worker
from queuetui.model.declaration import job
from queuetui.model.job import Ending, Settlement

BATCH = 100
PAYLOAD = {"sku": "A-1042", "shop": "North"}


@job("benchmark.noop")
def noop(payload: object) -> None:
    """Do nothing."""


@job("benchmark.told")
def told(payload: object, context: Context) -> None:
    """Do nothing with a context."""


@job("benchmark.bound")
def bound(payload: object, context: Context) -> None:
    """Bind two fields."""
    del payload
    context.bind(user_id=7, provider="acme")


def drain_bare(file: Path, jobs: int) -> float:
    """Return the rate of the driver alone."""
    store = sqlite3.connect(file, isolation_level=None)
    store.execute("PRAGMA journal_mode=WAL")
    store.execute("PRAGMA synchronous=FULL")
    store.execute("CREATE TABLE job (id INTEGER PRIMARY KEY, state INTEGER, payload BLOB)")
    store.execute("CREATE INDEX ready ON job (state, id)")
    payload = json.dumps(PAYLOAD).encode()
    store.execute("BEGIN")
    store.executemany("INSERT INTO job (state, payload) VALUES (0, ?)", [(payload,)] * jobs)
    store.execute("COMMIT")
    claimed: list[tuple[int, bytes]] = []
    started_s = time.perf_counter()
    while True:
        store.execute("BEGIN IMMEDIATE")
        store.executemany("UPDATE job SET state = 2 WHERE id = ?", [(row[0],) for row in claimed])
        claimed = store.execute(
            "UPDATE job SET state = 1 WHERE id IN (SELECT id FROM job WHERE state = 0 ORDER BY id LIMIT ?) RETURNING id, payload",
            (BATCH,),
        ).fetchall()
        store.execute("COMMIT")
        if not claimed:
            return jobs / (time.perf_counter() - started_s)
        for _, stored in claimed:
            noop(json.loads(stored))


def drain_by_steps(queue: Queue, jobs: int) -> float:
    """Return the rate of our store without a worker."""
    store = queue.backend
    lease = store.jobs.open_lease("benchmark", "default", 300)
    endings: list[Settlement] = []
    started_s, done = time.perf_counter(), 0
    while done < jobs:
        step = store.jobs.step(lease.id, endings, BATCH)
        done += len(step.accepted)
        endings = []
        for claimed in step.claimed:
            noop(json.loads(claimed.payload))
            endings.append(Settlement(claimed.id, claimed.fence, claimed.type, Ending.COMPLETED, 0.0))
    rate = jobs / (time.perf_counter() - started_s)
    store.jobs.close_lease(lease.id)
    return rate


def drain_by_worker(queue: Queue, jobs: int, concurrency: int) -> float:
    """Return the rate of a whole worker, from its start to its end."""
    started_s = time.perf_counter()
    report = Worker(queue.backend, WorkerSettings(concurrency=concurrency, burst=True)).run()
    assert report.jobs == jobs, report
    return jobs / (time.perf_counter() - started_s)


def compare_binding(url: str, jobs: int, turns: int) -> None:
    """Print the processor time a job of a handler that binds two fields, beside one that does not."""
    used_us: dict[str, list[float]] = {"benchmark.told": [], "benchmark.bound": []}
    for _ in range(turns):
        for job_type, taken in used_us.items():
            with Queue(url) as queue:
                fill(queue, jobs, job_type)
                began_s = time.process_time()
                drain_by_worker(queue, jobs, 1)
                taken.append((time.process_time() - began_s) * 1e6 / jobs)
    for job_type, taken in used_us.items():
        median = statistics.median(taken)
        print(
            f"{job_type:<16} {median:.1f} us a job, best {min(taken):.1f}  ({', '.join(f'{one:.1f}' for one in taken)})"
        )


def fill(queue: Queue, jobs: int, job_type: str = "benchmark.noop") -> float:
    """Enqueue the jobs and return the rate."""
    started_s = time.perf_counter()
    for first in range(0, jobs, 1000):
        queue.enqueue_many([queue.new(job_type, PAYLOAD) for _ in range(min(1000, jobs - first))])
    return jobs / (time.perf_counter() - started_s)


def main(jobs: int, url: str | None, concurrency: int, bind_turns: int) -> None:
    """Measure and print."""
    logging.getLogger("queuetui").setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="queuetui-drain-") as folder:
        if bind_turns:
            compare_binding(url or f"sqlite:///{folder}/bound.db", jobs, bind_turns)
            return
        bare = drain_bare(Path(folder) / "bare.db", jobs)
        with Queue(url or f"sqlite:///{folder}/steps.db") as queue:
            enqueued = fill(queue, jobs)
            steps = drain_by_steps(queue, jobs)
        with Queue(url or f"sqlite:///{folder}/worker.db") as queue:
            fill(queue, jobs)
            worker = drain_by_worker(queue, jobs, concurrency)
    print(f"{jobs} no-op jobs, {concurrency} slots, Python {sys.version.split()[0]}")
    print(f"enqueue 1000 a commit {enqueued:>10,.0f} jobs/s")
    print(f"bare sqlite3 loop     {bare:>10,.0f} jobs/s")
    print(f"our steps, no worker  {steps:>10,.0f} jobs/s  {steps / bare:.2f} of bare")
    print(
        f"worker                {worker:>10,.0f} jobs/s  {worker / bare:.2f} of bare, {worker / steps:.2f} of our steps"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--url", help="a database of our own to fill instead of a new SQLite file")
    parser.add_argument("--concurrency", type=int, default=1)
    parser.add_argument("--bind", type=int, default=0, metavar="TURNS", help="compare handlers that bind fields or not")
    given = parser.parse_args()
    main(given.jobs, given.url, given.concurrency, given.bind)
