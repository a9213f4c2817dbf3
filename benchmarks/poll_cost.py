"""How much of a server's processor time a console's polls take beside a million jobs of other products.

    python -m benchmarks.poll_cost [STORE ...] [--rows 1000000] [--polls 20] [--interval 2]

STORE is any of oban, laravel-postgresql, laravel-mariadb, mapped, rq, bullmq, huey (an SQLite file, of a third of the rows), sidekiq, saq,
arq, dramatiq, celery, pg-boss, procrastinate, graphile-worker, good-job, river, solid-queue, pgqueuer, saq-pg; without one, all.
Each is made on a server of its own from the capture that the tests use, and looked at through the road of the console: the home screen
with its page of 100, the tab Processing, and the overview with all its parts. Told are the first poll and the average of the next ones,
which follow each other as a console's do. SQLite has no server: there it is this process that is measured, with all that it does.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import psutil
import psycopg
import redis
from sqlalchemy import create_engine

from benchmarks.many_of_capture import fill_keys, fill_tables
from benchmarks.mapped_large import fill as fill_mapped
from benchmarks.rq_large import fill as fill_rq
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch
from queuetui.monitor.feed import Feed
from tests.backends.captures import FIXTURES, run_script
from tests.servers.mysql import find_mysql, start_mysql
from tests.servers.postgres import SETTINGS, find_postgres, start_postgres
from tests.servers.redis import find_redis, start_redis

PAGE_PARTS = frozenset({Part.COUNTS, Part.QUEUES, Part.WORKERS})
TABS = {
    "all jobs": Watch(PageRequest(limit=100), PAGE_PARTS),
    "processing": Watch(PageRequest(parse_query("state:processing"), 100), PAGE_PARTS),
    "overview": Watch(),
}
HUEY_SHARE = 0.3
BATCH = 5_000
# Of a hundred jobs two wait and three have failed, as in a system that keeps its history.
OBAN = """
INSERT INTO oban_jobs (id, state, queue, worker, attempt, max_attempts, args, errors, attempted_by, inserted_at, scheduled_at, attempted_at,
  completed_at, discarded_at) OVERRIDING SYSTEM VALUE
SELECT n, (CASE WHEN n > {rows} - 8 THEN 'executing' WHEN n % 100 < 2 THEN 'available' WHEN n % 100 < 5 THEN 'discarded'
  ELSE 'completed' END)::oban_job_state, 'queue' || n % 5, 'App.Worker' || n % 20,
  CASE WHEN n % 100 < 2 THEN 0 ELSE 1 END, 20, '{{"id": 1}}',
  CASE WHEN n % 100 IN (2, 3, 4) THEN '[{{"at": "2026-11-29T05:24:52Z", "error": "** (RuntimeError) it failed", "attempt": 1}}]'
  ELSE '[]' END::jsonb, '{{app-1.1,d5d982b5-0d08-4e12-830e-cb149d82737b}}', at, at, at,
  CASE WHEN n % 100 > 4 THEN at + interval '2 s' END, CASE WHEN n % 100 IN (2, 3, 4) THEN at + interval '2 s' END
FROM (SELECT n, timezone('UTC', now()) - ({rows} - n) * interval '100 ms' AS at FROM generate_series(1, {rows}) n) each;
ANALYZE oban_jobs
"""
LARAVEL_PAYLOAD = (
    '{"uuid": "%s", "displayName": "App\\\\Jobs\\\\SyncItem", "job": "Illuminate\\\\Queue\\\\CallQueuedHandler@call", "maxTries": 3, '
    '"data": {"commandName": "App\\\\Jobs\\\\SyncItem", "command": "O:17:\\"App\\\\Jobs\\\\SyncItem\\":1:{s:9:\\"productId\\";i:7;}"}}'
)
LARAVEL_JOBS = "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) SELECT concat('queue', seq % 5),"
LARAVEL_FAILED = (
    "INSERT INTO failed_jobs (connection, queue, payload, exception, uuid) SELECT 'database', concat('queue', seq % 5),"
)
SOLID_QUEUE = tuple(
    f"solid_queue_{one}"
    for one in (
        "jobs", "ready_executions", "scheduled_executions", "failed_executions", "claimed_executions", "blocked_executions",
    )
)  # fmt: skip
# A message names its key and when it was queued.
SAQ = """
INSERT INTO saq_jobs (key, job, queue, status, priority, group_key, scheduled, expire_at)
SELECT other, convert_to(regexp_replace(replace(convert_from(job, 'UTF8'), key, other), '"queued": [0-9]+', queued), 'UTF8'), queue,
  status, priority, group_key, scheduled - n / 10, expire_at
FROM (SELECT j.*, n, j.key || '-' || n AS other, format('"queued": %s', 1796009473550 - n * 100) AS queued
  FROM saq_jobs j, generate_series(1, {copies}) n WHERE status NOT IN ('active', 'aborting')) each;
VACUUM ANALYZE saq_jobs
"""
SAQ_JOBS = 10
HUEY_QUEUE = "live-app"


def measure(name: str, url: str, server: psutil.Process | None, polls: int, interval_s: float) -> None:
    """Poll each tab as a console does and print what it cost."""
    meter = server or psutil.Process()
    for tab, watch in TABS.items():
        feed = Feed(open_backend(url, BackendOptions("bench")), Limits())
        first, costs, clock_s = poll(feed, watch, meter), [], 0.0
        for _ in range(polls):
            time.sleep(interval_s)
            began = time.perf_counter()
            costs.append(poll(feed, watch, meter))
            clock_s += time.perf_counter() - began
        average, longest = sum(costs) / polls, max(costs)
        feed.close()
        print(
            f"{name:19} {tab:10}  first {first:6.0f} ms  next {average:6.1f} ms on average, {longest:5.0f} at most, "
            f"{clock_s / polls * 1000:6.0f} by the clock",
            flush=True,
        )


def poll(feed: Feed, watch: Watch, meter: psutil.Process) -> float:
    """Poll once and return the milliseconds of processor time that the measured processes took for it."""
    before = processor_s(meter)
    picture = feed.poll(watch)
    assert not picture.problems.keys() - {"queues"}, picture.problems
    return (processor_s(meter) - before) * 1000


def processor_s(process: psutil.Process) -> float:
    """Return what a process, those below it and those that ended have used."""
    times = process.cpu_times()
    below = (one.cpu_times() for one in process.children())
    return (
        times.user + times.system + times.children_user + times.children_system + sum(t.user + t.system for t in below)
    )


def listener(port: int) -> psutil.Process:
    """Return the process that listens on a port."""
    for one in psutil.net_connections("tcp"):
        if one.status == psutil.CONN_LISTEN and one.laddr.port == port and one.pid:
            return psutil.Process(one.pid)
    raise SystemExit(f"no process of this machine listens on port {port}")


@contextmanager
def postgresql(fill: Callable[[str, int], None], rows: int) -> Iterator[tuple[str, psutil.Process | None]]:
    """Give a filled database of PostgreSQL, and its server."""
    found = find_postgres()
    assert found is not None, "no PostgreSQL runs here"
    server = start_postgres(*found, settings=(*SETTINGS, "autovacuum=off", "max_wal_size=4GB"))
    try:
        url = server.create_database()
        fill(url, rows)
        yield url, listener(server.port)
    finally:
        server.remove()


@contextmanager
def mariadb(fill: Callable[[str, int], None], rows: int) -> Iterator[tuple[str, psutil.Process | None]]:
    """Give a filled database of MariaDB, and its server."""
    found = find_mysql()
    assert found is not None, "no MariaDB runs here"
    server = start_mysql(*found)
    try:
        url = server.create_database()
        fill(url, rows)
        yield url, listener(server.port)
    finally:
        server.remove()


@contextmanager
def keys(fill: Callable[[redis.Redis, int], None], rows: int) -> Iterator[tuple[str, psutil.Process | None]]:
    """Give a filled Redis, and its server."""
    found = find_redis()
    assert found is not None, "no Valkey or Redis runs here"
    server = start_redis(*found)
    try:
        with closing(redis.Redis.from_url(server.url)) as client:
            fill(client, rows)
        yield server.url, listener(server.port)
    finally:
        server.remove()


@contextmanager
def file(fill: Callable[[str, int], None], rows: int) -> Iterator[tuple[str, psutil.Process | None]]:
    """Give a filled file of SQLite, which no server has."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/queue.db"
        fill(url, rows)
        yield url, None


def fill_oban(url: str, rows: int) -> None:
    """Make Oban's tables with jobs of every state."""
    run_script(url, (FIXTURES / "oban" / "dump.postgres.sql").read_text(encoding="utf-8"))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("TRUNCATE oban_jobs")
        for statement in OBAN.format(rows=rows).split(";\n"):
            connection.execute(statement.encode())
        connection.execute("UPDATE oban_producers SET updated_at = timezone('UTC', now()) + interval '1 day'")
        connection.execute("VACUUM oban_jobs")


def fill_laravel(url: str, rows: int) -> None:
    """Make Laravel's tables with half of the jobs waiting, half of them failed."""
    is_mysql = url.startswith("mysql")
    store = "mariadb" if is_mysql else "postgres"
    run_script(url, (FIXTURES / "laravel-db" / f"dump.{store}.sql").read_text(encoding="utf-8"))
    series = f"seq_1_to_{rows // 2}" if is_mysql else f"generate_series(1, {rows // 2}) AS one(seq)"
    now = "unix_timestamp()" if is_mysql else "extract(epoch from now())::int"
    number = "lpad(seq, 12, '0')" if is_mysql else "lpad(seq::text, 12, '0')"
    ids = {
        table: f"concat('00000000-0000-4000-{part}-', {number})"
        for table, part in (("jobs", "8000"), ("failed_jobs", "9000"))
    }
    text = LARAVEL_PAYLOAD.replace("\\", "\\\\") if is_mysql else LARAVEL_PAYLOAD
    payloads = {table: f"replace('{text}', '%s', {at})" for table, at in ids.items()}
    engine = create_engine(
        f"{'mysql+pymysql' if is_mysql else 'postgresql+psycopg'}://{url.partition('://')[2]}",
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        for statement in (
            "DELETE FROM jobs",
            "DELETE FROM failed_jobs",
            f"{LARAVEL_JOBS} {payloads['jobs']}, 0, CASE WHEN seq < 6 THEN {now} END, {now} - 60, {now} - 60 FROM {series}",
            f"{LARAVEL_FAILED} {payloads['failed_jobs']}, 'Exception: it failed in /app/Sync.php:12', {ids['failed_jobs']} FROM {series}",
            "ANALYZE TABLE jobs, failed_jobs" if is_mysql else "VACUUM ANALYZE",
        ):
            connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()


def fill_bullmq(client: redis.Redis, rows: int) -> None:
    """Put jobs into one queue of BullMQ, its completed and its failed ones."""
    client.hset("bull:mail:meta", mapping={"version": "bullmq:6.7.0", "opts.maxLenEvents": "10000"})
    now_ms = int(time.time() * 1000)
    for first in range(1, rows + 1, BATCH):
        names = list(range(first, min(first + BATCH, rows + 1)))
        with client.pipeline(transaction=False) as pipe:
            for name in names:
                fields = {
                    "name": "send",
                    "data": '{"to":7}',
                    "opts": '{"attempts":3}',
                    "timestamp": now_ms,
                    "delay": 0,
                    "priority": 0,
                }
                pipe.hset(f"bull:mail:{name}", mapping=fields)
            waiting, ended = [one for one in names if one % 10 == 0], [one for one in names if one % 10]
            pipe.lpush("bull:mail:wait", *waiting)
            pipe.zadd("bull:mail:failed", {str(one): now_ms + one for one in ended if one % 10 == 1})
            pipe.zadd("bull:mail:completed", {str(one): now_ms + one for one in ended if one % 10 > 1})
            pipe.execute()


def fill_huey(url: str, rows: int) -> None:
    """Put messages of Huey into a file, each with an id of its own."""
    path = url.removeprefix("sqlite:///")
    run_script(url, (FIXTURES / "huey" / "dump.sqlite.sql").read_text(encoding="utf-8"))
    with closing(sqlite3.connect(path)) as connection, connection:
        ((message,),) = connection.execute("SELECT data FROM task LIMIT 1").fetchall()
        (written,) = set(re.findall(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", message))
        connection.execute("DELETE FROM task")
        messages = (
            (HUEY_QUEUE, message.replace(written, str(uuid.uuid4()).encode()), 0)
            for _ in range(round(rows * HUEY_SHARE))
        )
        connection.executemany("INSERT INTO task (queue, data, priority) VALUES (?, ?, ?)", messages)


def fill_saq(url: str, rows: int) -> None:
    """Copy the capture's jobs of SAQ that do not run under other keys, as if queued one after the other."""
    run_script(url, (FIXTURES / "saq-pg" / "dump.postgres.sql").read_text(encoding="utf-8"))
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in SAQ.format(copies=rows // SAQ_JOBS).split(";\n"):
            connection.execute(statement.encode())


STORES: dict[str, tuple[Callable[..., object], Callable[..., None]]] = {
    "oban": (postgresql, fill_oban),
    "laravel-postgresql": (postgresql, fill_laravel),
    "laravel-mariadb": (mariadb, fill_laravel),
    "mapped": (postgresql, fill_mapped),
    "rq": (keys, fill_rq),
    "bullmq": (keys, fill_bullmq),
    "huey": (file, fill_huey),
    "sidekiq": (keys, partial(fill_keys, folder="sidekiq-6", runs="^vm:|^processes")),
    "saq": (keys, partial(fill_keys, folder="saq", runs=":active|:stats|worker_info")),
    "arq": (keys, partial(fill_keys, folder="arq", runs="in-progress|health-check")),
    "dramatiq": (keys, partial(fill_keys, folder="dramatiq", runs="__acks__|__heartbeats__")),
    "celery": (keys, partial(fill_keys, folder="celery", runs="unacked|_kombu")),
    "pg-boss": (postgresql, partial(fill_tables, folder="pg-boss12", tables=("job_common",))),
    "procrastinate": (
        postgresql,
        partial(fill_tables, folder="procrastinate", tables=("procrastinate_jobs", "procrastinate_events")),
    ),
    "graphile-worker": (postgresql, partial(fill_tables, folder="graphile-worker", tables=("_private_jobs",))),
    "good-job": (postgresql, partial(fill_tables, folder="good-job", tables=("good_jobs", "good_job_executions"))),
    "river": (postgresql, partial(fill_tables, folder="river", tables=("river_job",))),
    "solid-queue": (postgresql, partial(fill_tables, folder="solid-queue", tables=SOLID_QUEUE)),
    "saq-pg": (postgresql, fill_saq),
    "pgqueuer": (postgresql, partial(fill_tables, folder="pgqueuer", tables=("pgqueuer", "pgqueuer_log"))),
}


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.poll_cost", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("stores", nargs="*", choices=[[], *STORES], default=[], metavar="STORE")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--polls", type=int, default=20)
    parser.add_argument("--interval", type=float, default=2.0, dest="interval_s")
    asked = parser.parse_args()
    for name in asked.stores or STORES:
        opened, fill = STORES[name]
        with opened(fill, asked.rows) as (url, server):
            measure(name, url, server, asked.polls, asked.interval_s)


if __name__ == "__main__":
    main()
