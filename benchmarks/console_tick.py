"""What one tick of the console costs on a large queue, and that no statement of it reads a whole table of PostgreSQL.

    python -m benchmarks.console_tick [--store postgresql|mysql] [--jobs 10000000] [--queues 50] [--visible 200] [--ticks 20]

Starts a server of its own in a temporary folder, fills both job tables in the server, analyses them, then times ticks with the verdicts
of every visible job, snapshots and pages. On PostgreSQL it prints the plan of every statement that reads a job table.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from benchmarks.filled_queue import FILLINGS, filled_queue
from queuetui.backends.native.sql.backend import SqlBackend
from queuetui.backends.native.sql.look.console_read import open_reading
from queuetui.backends.native.sql.look.context_reads import read_context
from queuetui.backends.native.sql.look.snapshots import SnapshotReads
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Snapshot, Watch
from queuetui.monitor.feed import Feed

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


def time_pages(backend: SqlBackend, limits: Limits) -> None:
    """Print what single pages cost."""
    for written in PAGES:
        request = PageRequest(parse_query(written))
        page = backend.inspector.page(request, limits)
        median, worst = time_ms(partial(backend.inspector.page, request, limits), 5)
        told = f"{len(page.jobs)} of {page.total.value} {page.total.exactness.value}"
        print(f"page {written!r:<36} median {median:>6.1f} ms  worst {worst:>6.1f} ms  {told} {' '.join(page.notes)}")


def explain(backend: SqlBackend, watch: Watch, *, prints_all: bool) -> None:
    """Print which statements of a snapshot and of pages read a job table from end to end, or all plans."""
    with explained(backend) as plans:
        backend.inspector.snapshot(watch)
        for written in PAGES:
            backend.inspector.page(PageRequest(parse_query(written)), watch.limits)
    found = [step for _, plan in plans for step in whole_scans(plan)]
    for statement, plan in plans if prints_all else ():
        print(f"\n{statement}\n{plan}")
    print(f"{len(plans)} statements on the job tables explained, sequential scans: {len(found)} {found[:3] or ''}")


def main() -> None:
    """Fill, time, explain."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--store", choices=FILLINGS, default="postgresql")
    parser.add_argument("--jobs", type=int, default=10_000_000)
    parser.add_argument("--queues", type=int, default=50)
    parser.add_argument("--visible", type=int, default=200)
    parser.add_argument("--ticks", type=int, default=20)
    parser.add_argument("--plans", action="store_true", help="print every plan")
    options = parser.parse_args()
    start = time.perf_counter()
    with filled_queue(options.store, options.jobs, options.queues) as backend:
        print(f"filled {options.jobs:,} jobs in {options.queues} queues in {time.perf_counter() - start:.0f} s")
        watch = Watch(page=PageRequest(limit=options.visible), limits=Limits())
        start = time.perf_counter()
        snapshot = backend.inspector.snapshot(watch)
        print(f"first tick, connecting: {(time.perf_counter() - start) * 1000:.0f} ms")
        show_snapshot(snapshot)
        median, worst = time_ms(lambda: backend.inspector.snapshot(watch), options.ticks)
        print(f"snapshot: median {median:.0f} ms, worst {worst:.0f} ms of {options.ticks}")
        time_ticks(backend, watch, options.ticks)
        time_parts(backend, watch)
        time_pages(backend, watch.limits)
        if options.store == "postgresql":
            explain(backend, watch, prints_all=options.plans)


if __name__ == "__main__":
    main()
