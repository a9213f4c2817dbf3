"""What a job costs our own SQL stores: processor time of the client and of the server, and bytes written, without a worker.

    python -m benchmarks.store_cost [--store sqlite|postgresql|redis] [--jobs 20000] [--batch 500] [--rounds 3]

Each figure is a median of rounds on a store made anew, with the events of the queue switched off and, in turn, on. Processor time,
unlike the clock's, says the same on a busy machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.peers.stores import Store, Stores
from queuetui import Queue
from queuetui.model.act import Act, Verb
from queuetui.model.job import Ending, Settlement

PAYLOAD = {"sku": "A-1042"}
BULK = 5000
WARM_UP_JOBS = 20


@dataclass(frozen=True)
class Cost:
    """Microseconds of processor time and of the clock, and bytes written to disk, a job."""

    client_us: float
    server_us: float
    clock_us: float
    written: float


class Meter:
    """Reads what this process and a server's processes have used."""

    def __init__(self, server: psutil.Process | None) -> None:
        self._server = server
        self._own = psutil.Process()

    def measure(self, jobs: int, work: Callable[[], object]) -> Cost:
        """Return what the work cost a job."""
        before, started_s = self._read(), time.perf_counter()
        work()
        clock_s = time.perf_counter() - started_s
        after = self._read()
        client_s, server_s, written = (later - sooner for later, sooner in zip(after, before, strict=True))
        return Cost(client_s / jobs * 1e6, server_s / jobs * 1e6, clock_s / jobs * 1e6, written / jobs)

    def _read(self) -> tuple[float, float, float]:
        server_s, written = 0.0, 0
        for one in self._family():
            # A server's process may end in between.
            with suppress(psutil.NoSuchProcess):
                server_s += _cpu_s(one)
                written += one.io_counters().write_chars
        return _cpu_s(self._own), server_s, written + self._own.io_counters().write_chars

    def _family(self) -> list[psutil.Process]:
        return [] if self._server is None else [self._server, *self._server.children(recursive=True)]


def enqueue_one_by_one(queue: Queue, jobs: int) -> None:
    """Enqueue jobs, each with a commit of its own."""
    for _ in range(jobs):
        queue.enqueue("noop", PAYLOAD)


def enqueue_in_bulk(queue: Queue, jobs: int) -> None:
    """Enqueue jobs, thousands a commit."""
    for start in range(0, jobs, BULK):
        queue.enqueue_many(queue.new_many("noop", [PAYLOAD] * min(BULK, jobs - start)))


def drain(queue: Queue, jobs: int, batch: int) -> None:
    """Work jobs off by fused steps, as a worker does whose handlers do nothing."""
    store = queue.backend
    lease = store.jobs.open_lease("benchmark", "default", 300)
    endings: list[Settlement] = []
    done = 0
    while done < jobs:
        step = store.jobs.step(lease.id, endings, batch)
        done += len(step.accepted)
        endings = [Settlement(one.id, one.fence, one.type, Ending.COMPLETED, 0.0) for one in step.claimed]
    store.jobs.close_lease(lease.id)


@contextmanager
def fresh_queue(stores: Stores, store: Store) -> Iterator[tuple[Queue, Meter]]:
    """Give a queue on a store made anew."""
    with stores.fresh(store) as url, closing(Queue(url)) as queue:
        yield queue, Meter(None if store is Store.SQLITE else find_server(url))


def find_server(url: str) -> psutil.Process:
    """Return the first process of the server behind a URL."""
    import psycopg
    import redis

    if url.startswith("redis"):
        with closing(redis.Redis.from_url(url)) as client:
            return psutil.Process(client.info("server")["process_id"])

    with psycopg.connect(url) as connection:
        row = connection.execute("select setting from pg_settings where name = 'data_directory'").fetchone()
    assert row is not None
    return psutil.Process(int((Path(row[0]) / "postmaster.pid").read_text(encoding="utf-8").split()[0]))


def run_round(stores: Stores, store: Store, jobs: int, batch: int, events: str) -> dict[str, Cost]:
    """Measure everything once."""
    found = {}
    verb = Verb.EVENTS_ON if events == "on" else Verb.EVENTS_OFF
    with fresh_queue(stores, store) as (queue, meter):
        queue.backend.operator.apply_to_queue(Act(verb, "benchmark"), "default")
        enqueue_one_by_one(queue, WARM_UP_JOBS)
        few = max(100, jobs // 10)
        found["enqueue one"] = meter.measure(few, lambda: enqueue_one_by_one(queue, few))
    with fresh_queue(stores, store) as (queue, meter):
        queue.backend.operator.apply_to_queue(Act(verb, "benchmark"), "default")
        enqueue_in_bulk(queue, WARM_UP_JOBS)
        found["enqueue bulk"] = meter.measure(jobs, lambda: enqueue_in_bulk(queue, jobs))
        found[f"drain by {batch}"] = meter.measure(jobs, lambda: drain(queue, jobs, batch))
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.store_cost", description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql", "redis"], action="append")
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    chosen = [one for one in Store if one.value.lower() in (asked.store or ["sqlite", "postgresql"])]
    with closing(Stores()) as stores:
        for store in chosen:
            rounds: dict[str, list[dict[str, Cost]]] = {"off": [], "on": []}
            for _ in range(asked.rounds):
                for events, found in rounds.items():
                    found.append(run_round(stores, store, asked.jobs, asked.batch, events))
            for events, found in rounds.items():
                _print(store, events, found)


def _print(store: Store, events: str, rounds: list[dict[str, Cost]]) -> None:
    for name in rounds[0]:
        costs = [one[name] for one in rounds]
        client, server, clock, written = (
            statistics.median(getattr(cost, field) for cost in costs)
            for field in ("client_us", "server_us", "clock_us", "written")
        )
        print(
            f"{store.value:<11} events {events:<3} {name:<14} client {client:6.1f} us  server {server:6.1f} us"
            f"  clock {clock:7.1f} us  written {written:7.0f} bytes a job",
            flush=True,
        )


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return times.user + times.system


if __name__ == "__main__":
    main()
