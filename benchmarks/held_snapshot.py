"""What an old picture of the data, held open by somebody, does to claims on PostgreSQL while jobs come and go.

    python -m benchmarks.held_snapshot [--minutes 2] [--per-second 500] [--aged 0]

A transaction that has read once is left open; jobs are enqueued at a steady rate and worked off by steps of a worker. Every tenth of
the time it prints what a claim took (median and worst) beside the first tenth, and how many jobs wait. `--aged` works so many jobs
off before, with the picture open, as fast as it goes: what many minutes at the steady rate leave behind.
"""

from __future__ import annotations

import argparse
import statistics
import time
from contextlib import closing

import psycopg

from benchmarks.peers.stores import Store, Stores
from benchmarks.store_cost import drain, enqueue_in_bulk
from queuetui import Queue
from queuetui.model.job import Ending, Settlement

BATCH = 100
PARTS = 10
ROUND_S = 0.02


def work_steadily(queue: Queue, seconds: float, per_second: int) -> tuple[list[float], int]:
    """Enqueue and work off at a steady rate; return what each claim took, in milliseconds, and how many jobs wait at the end."""
    store = queue.backend
    lease = store.jobs.open_lease("benchmark", "default", 600)
    endings: list[Settlement] = []
    began_s = time.monotonic()
    sent = done = 0
    taken_ms: list[float] = []
    while (passed_s := time.monotonic() - began_s) < seconds:
        due = int(passed_s * per_second) - sent
        if due > 0:
            queue.enqueue_many(queue.new_many("noop", [{}] * due))
            sent += due
        started_s = time.perf_counter()
        step = store.jobs.step(lease.id, endings, BATCH)
        if step.claimed:
            taken_ms.append((time.perf_counter() - started_s) * 1000)
        done += len(step.claimed)
        endings = [Settlement(one.id, one.fence, one.type, Ending.COMPLETED, 0.0) for one in step.claimed]
        time.sleep(max(0.0, ROUND_S - (time.perf_counter() - started_s)))
    store.jobs.step(lease.id, endings, 0)
    store.jobs.close_lease(lease.id)
    # Those that the part before left over may be among them.
    return taken_ms, max(0, sent - done)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.held_snapshot", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--per-second", type=int, default=500)
    parser.add_argument("--aged", type=int, default=0)
    asked = parser.parse_args()
    part_s = asked.minutes * 60 / PARTS
    with closing(Stores()) as stores, stores.fresh(Store.POSTGRESQL) as url, closing(Queue(url)) as queue:
        before_ms, _ = work_steadily(queue, min(10.0, part_s), asked.per_second)
        base_ms = statistics.median(before_ms)
        print(f"nobody holds a picture   claim median {base_ms:6.2f} ms  worst {max(before_ms):7.1f} ms", flush=True)
        with psycopg.connect(url) as holder:
            holder.execute("set transaction isolation level repeatable read")
            holder.execute("select count(*) from queuetui_job")
            if asked.aged:
                enqueue_in_bulk(queue, asked.aged)
                drain(queue, asked.aged, BATCH * 5)
            for part in range(1, PARTS + 1):
                found_ms, waiting = work_steadily(queue, part_s, asked.per_second)
                median_ms = statistics.median(found_ms)
                print(
                    f"held for {part * part_s:6.0f} s        claim median {median_ms:6.2f} ms  worst {max(found_ms):7.1f} ms"
                    f"  {median_ms / base_ms:5.2f}x  {waiting} jobs wait",
                    flush=True,
                )


if __name__ == "__main__":
    main()
