"""Whether a worker's store gets slower with what lies in it: drains of a store that is empty, full of pending jobs, or full of history.

    python -m benchmarks.history [--store sqlite|postgresql|redis] [--pending 1000000] [--done 2000000] [--jobs 20000] [--rounds 5]

The rows are made in the store itself, on Redis by enqueueing and working off. The stores are measured in turns. Each line is the processor
time a job of enqueueing and of working off by fused steps, and its ratio and the throughput's to the empty store's (medians of ratios).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass

import psycopg
import redis

from benchmarks.peers.stores import Store, Stores
from benchmarks.store_cost import Cost, Meter, drain, enqueue_in_bulk, find_server
from queuetui import Queue
from queuetui.backends.native.sql.backend import SqlBackend

BATCH = 100
FILL_BATCH = 1000
ROWS_A_STATEMENT = 250_000
LOOK_EVERY_S = 0.05
SERIES = {
    Store.SQLITE: (
        "with recursive s (n) as (select {first} union all select n + 1 from s where n < {last}) ",
        "cast(printf('%016x', n) as blob)",
        "1700000000000000 + n",
        "0",
    ),
    Store.POSTGRESQL: (
        "with s as (select n from generate_series({first}, {last}) as n) ",
        "(lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid",
        "timestamptz '2023-11-14' + n * interval '1 millisecond'",
        "false",
    ),
}
PENDING = """insert into queuetui_job (id, due_at, created_at, updated_at, max_attempts, state, queue, type, payload)
{series} select {id}, {at}, {at}, {at}, 3, 1, 'default', 'noop', {payload} from s"""
DONE = """insert into queuetui_job_done (id, due_at, created_at, updated_at, done_at, expires_at, priority, fence, rev, attempts,
max_attempts, lost, lost_alone, state, blob, queue, type, tags, needs, payload)
{series} select {id}, {at}, {at}, {at}, {at}, {late}, 0, 1, 3, 1, 3, 0, 0, case when n % 50 = 0 then 6 else 5 end, {no}, 'default',
'noop', '[]', '[]', {payload} from s"""


def fill_by_use(queue: Queue, url: str, statement: str, jobs: int) -> None:
    """Enqueue jobs, and work them off where they are to be finished ones."""
    enqueue_in_bulk(queue, jobs)
    if statement is DONE and jobs:
        drain(queue, jobs, FILL_BATCH)
    with closing(redis.Redis.from_url(url)) as client:
        settle_redis(client)


def settle_redis(client: redis.Redis) -> None:
    """Let the server write its append-only file anew now, and not while it is measured."""
    while client.info("persistence")["aof_rewrite_in_progress"]:
        time.sleep(LOOK_EVERY_S)
    client.bgrewriteaof()
    while client.info("persistence")["aof_rewrite_in_progress"] or client.info("persistence")["aof_rewrite_scheduled"]:
        time.sleep(LOOK_EVERY_S)


def fill(queue: Queue, store: Store, statement: str, rows: int) -> None:
    """Make rows in the store itself, and let it take stock of them."""
    series, made_id, at, no = SERIES[store]
    payload = 'cast(\'{"sku": "A-1042"}\' as blob)' if store is Store.SQLITE else '\'{"sku": "A-1042"}\'::bytea'
    late = "4000000000000000" if store is Store.SQLITE else "timestamptz '2099-01-01'"
    backend = queue.backend
    assert isinstance(backend, SqlBackend)
    for first in range(1, rows + 1, ROWS_A_STATEMENT):
        span = series.format(first=first, last=min(rows, first + ROWS_A_STATEMENT - 1))
        whole = statement.format(series=span, id=made_id, at=at, late=late, no=no, payload=payload)
        if store is Store.SQLITE:
            backend.database.write("filling", lambda session, whole=whole: session.execute(whole, {}))  # type: ignore[misc] # the loop's own
        else:
            with psycopg.connect(backend.database.url, autocommit=True) as connection:
                connection.execute(whole.encode())
    if store is Store.POSTGRESQL and rows:
        with psycopg.connect(backend.database.url, autocommit=True) as connection:
            connection.execute("vacuum analyze")
            connection.execute("checkpoint")


@dataclass(frozen=True)
class Case:
    """An open queue with something in it."""

    what: str
    queue: Queue
    meter: Meter

    def run(self, jobs: int) -> tuple[Cost, Cost]:
        """Return what enqueueing and working off cost."""
        sent = self.meter.measure(jobs, lambda: enqueue_in_bulk(self.queue, jobs))
        return sent, self.meter.measure(jobs, lambda: drain(self.queue, jobs, BATCH))


def open_case(stores: Stores, opened: ExitStack, store: Store, statement: str, rows: int) -> Case:
    """Fill a store of its own with so many rows."""
    url = opened.enter_context(stores.fresh(store))
    queue = opened.enter_context(closing(Queue(url)))
    if store is Store.REDIS:
        fill_by_use(queue, url, statement, rows)
    else:
        fill(queue, store, statement, rows)
    what = "empty" if not rows else f"{rows:,} {'pending' if statement is PENDING else 'finished'}"
    return Case(what, queue, Meter(None if store is Store.SQLITE else find_server(url)))


def compare(stores: Stores, store: Store, contents: Sequence[tuple[str, int]], jobs: int, rounds: int) -> None:
    """Measure an empty store and others in turns, and print a line each."""
    with ExitStack() as opened:
        cases = [open_case(stores, opened, store, *content) for content in ((DONE, 0), *contents)]
        for case in cases:
            case.run(jobs)
        found = [[case.run(jobs) for case in cases] for _ in range(rounds)]
    for place, case in enumerate(cases):
        said = [
            _describe(name, [one[place][which] for one in found], [one[0][which] for one in found])
            for which, name in enumerate(("enqueue", "drain"))
        ]
        print(f"{store.value:<11} {case.what:<20} {'  '.join(said)}", flush=True)


def _describe(name: str, costs: Sequence[Cost], empty: Sequence[Cost]) -> str:
    used_us = [one.client_us + one.server_us for one in costs]
    used = statistics.median(
        mine / (base.client_us + base.server_us) for mine, base in zip(used_us, empty, strict=True)
    )
    rate = statistics.median(base.clock_us / one.clock_us for one, base in zip(costs, empty, strict=True))
    return f"{name} {statistics.median(used_us):5.1f} us {used:5.2f}x, throughput {rate:5.2f}x"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql", "redis"], action="append")
    parser.add_argument("--pending", type=int, default=1_000_000)
    parser.add_argument("--done", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    contents = ((PENDING, asked.pending), (DONE, asked.done))
    with closing(Stores()) as stores:
        for store in (Store.SQLITE, Store.POSTGRESQL, Store.REDIS):
            if store.value.lower() in (asked.store or [store.value.lower()]):
                compare(stores, store, contents, asked.jobs, asked.rounds)


if __name__ == "__main__":
    main()
