"""Whether a worker's store gets slower with what lies in it: drains of a store that is empty, full of pending jobs, or full of history.

    python -m benchmarks.history [--store sqlite|postgresql|redis] [--pending 1000000] [--done 2000000] [--jobs 20000]

The rows are made in the store itself, on Redis by enqueueing and working off. Each line is the processor time a job of enqueueing and
of working off by fused steps, and its ratio to the empty store in the same run.
"""

from __future__ import annotations

import argparse
from contextlib import closing

import psycopg

from benchmarks.peers.stores import Store, Stores
from benchmarks.store_cost import Cost, drain, enqueue_in_bulk, fresh_queue
from queuetui import Queue
from queuetui.backends.native.sql.backend import SqlBackend

BATCH = 100
FILL_BATCH = 1000
BITE = 250_000
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


def fill_by_use(queue: Queue, statement: str, jobs: int) -> None:
    """Enqueue jobs, and work them off where they are to be finished ones."""
    enqueue_in_bulk(queue, jobs)
    if statement is DONE and jobs:
        drain(queue, jobs, FILL_BATCH)


def fill(queue: Queue, store: Store, statement: str, rows: int) -> None:
    """Make rows in the store itself, and let it take stock of them."""
    series, made_id, at, no = SERIES[store]
    payload = 'cast(\'{"sku": "A-1042"}\' as blob)' if store is Store.SQLITE else '\'{"sku": "A-1042"}\'::bytea'
    late = "4000000000000000" if store is Store.SQLITE else "timestamptz '2099-01-01'"
    backend = queue.backend
    assert isinstance(backend, SqlBackend)
    for first in range(1, rows + 1, BITE):
        span = series.format(first=first, last=min(rows, first + BITE - 1))
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


def run_case(stores: Stores, store: Store, statement: str, rows: int, jobs: int) -> tuple[Cost, Cost]:
    """Return what enqueueing and working off cost in a store with so many rows."""
    with fresh_queue(stores, store) as (queue, meter):
        if store is Store.REDIS:
            fill_by_use(queue, statement, rows)
        else:
            fill(queue, store, statement, rows)
        enqueue_in_bulk(queue, jobs)
        drain(queue, jobs, BATCH)
        sent = meter.measure(jobs, lambda: enqueue_in_bulk(queue, jobs))
        return sent, meter.measure(jobs, lambda: drain(queue, jobs, BATCH))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history", description=__doc__.splitlines()[0])
    parser.add_argument("--store", choices=["sqlite", "postgresql", "redis"], action="append")
    parser.add_argument("--pending", type=int, default=1_000_000)
    parser.add_argument("--done", type=int, default=2_000_000)
    parser.add_argument("--jobs", type=int, default=20_000)
    asked = parser.parse_args()
    with closing(Stores()) as stores:
        for store in (Store.SQLITE, Store.POSTGRESQL, Store.REDIS):
            if store.value.lower() not in (asked.store or [store.value.lower()]):
                continue
            empty = run_case(stores, store, DONE, 0, asked.jobs)
            _print(store, "empty", empty, empty)
            _print(
                store, f"{asked.pending:,} pending", run_case(stores, store, PENDING, asked.pending, asked.jobs), empty
            )
            _print(store, f"{asked.done:,} finished", run_case(stores, store, DONE, asked.done, asked.jobs), empty)


def _print(store: Store, what: str, found: tuple[Cost, Cost], empty: tuple[Cost, Cost]) -> None:
    costs = [
        (one.client_us + one.server_us, first.client_us + first.server_us)
        for one, first in zip(found, empty, strict=True)
    ]
    said = "  ".join(
        f"{name} {cost:5.1f} us {cost / base:5.2f}x"
        for name, (cost, base) in zip(("enqueue", "drain"), costs, strict=True)
    )
    print(f"{store.value:<11} {what:<20} {said}", flush=True)


if __name__ == "__main__":
    main()
