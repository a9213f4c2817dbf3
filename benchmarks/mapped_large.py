"""How long looking at a million rows of a mapped table without extra indexes takes.

    python -m benchmarks.mapped_large URL [ROWS]

URL names an empty database of PostgreSQL or MariaDB: a table JobQueue as Prisma makes it, or jobs as the Phalcon application does, is made
with its primary key alone and filled. It stays, so that a second run measures without filling. Each read is told with the time of its
slowest statement and with how its counts were got.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter

from sqlalchemy import create_engine, event, text

from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.act import Act, Target, Verb
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch

ROWS = 1_000_000
PRISMA = (
    """create type "JobStatus" as enum ('PENDING', 'PROCESSING', 'COMPLETED', 'DEAD_LETTER')""",
    (
        'create table "JobQueue" ("id" text primary key, "type" text not null, "payload" jsonb not null, "status" "JobStatus", '
        '"priority" int not null default 0, "attempts" int not null default 0, "maxAttempts" int not null default 3, "idempotencyKey" text,'
        '"scheduledFor" timestamp(3) not null, "startedAt" timestamp(3), "completedAt" timestamp(3), "createdAt" timestamp(3) not null, '
        '"lastError" text)'
    ),
    """insert into "JobQueue" select md5(n::text), 'type' || n % 20, '{"n": 1}', (array['COMPLETED', 'COMPLETED', 'PENDING', 'DEAD_LETTER'])
    [1 + n % 4]::"JobStatus", n % 11, n % 3, 3, null, now() - n * interval '1 second', now() - n * interval '1 second',
    now() - n * interval '1 second', now() - n * interval '1 second', case n % 4 when 3 then 'it failed' end
    from generate_series(1, :rows) n""",
    'analyze "JobQueue"',
)
PHALCON = (
    (
        "create table jobs (id int unsigned auto_increment primary key, type varchar(100) not null, payload text, status varchar(20), "
        "priority int not null default 5, attempts int not null default 0, max_attempts int not null default 3, error_message text, "
        "scheduled_at datetime, started_at datetime, completed_at datetime, created_at datetime, updated_at datetime)"
    ),
    (
        "insert into jobs (type, payload, status, attempts, started_at, completed_at, created_at, updated_at) "
        "select concat('type', seq % 20), '{}', elt(1 + seq % 4, 'completed', 'completed', 'pending', 'failed'), seq % 3, "
        "utc_timestamp() - interval seq second, utc_timestamp() - interval seq second, utc_timestamp() - interval seq second, "
        "utc_timestamp() - interval seq second from seq_1_to_{rows}"
    ),
    "analyze table jobs",
)
FILTERS = (
    "",
    "state:failed",
    "is:stuck",
    "type:type3",
    "type:nosuch",
    "error~failed",
    "age>1d state:pending",
    "sort:created",
    "sort:type",
)


def fill(url: str, rows: int) -> None:
    """Make the table and its rows, unless it is there."""
    is_mysql = url.startswith(("mysql", "mariadb"))
    driver = "mysql+pymysql" if is_mysql else "postgresql+psycopg"
    engine = create_engine(f"{driver}://{url.partition('://')[2]}", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        there = connection.execute(
            text("select count(*) from information_schema.tables where table_name in ('jobs', 'JobQueue')")
        )
        if not there.scalar_one():
            for statement in PHALCON if is_mysql else PRISMA:
                connection.execute(
                    text(statement.replace("{rows}", str(rows))), {"rows": rows} if ":rows" in statement else {}
                )
    engine.dispose()


def measure(name: str, slowest: list[float], read: Callable[[], object]) -> None:
    """Do one read and print how long it took in all, and its slowest statement."""
    slowest.clear()
    began = perf_counter()
    answer = read()
    took = perf_counter() - began
    print(
        f"{name:<34} {took * 1000:8.0f} ms   slowest statement {max(slowest, default=0) * 1000:6.0f} ms   {answer}",
        flush=True,
    )


def main(url: str, rows: int = ROWS) -> None:
    """Fill and measure."""
    fill(url, rows)
    backend = open_backend(url, BackendOptions("bench"))
    slowest: list[float] = []
    begun: list[float] = []
    inspector, limits = backend.inspector, Limits()
    engine = inspector.database._engine(writes=False)  # type: ignore[attr-defined]  # noqa: SLF001 - its statements are timed
    event.listen(engine, "before_cursor_execute", lambda *_: begun.append(perf_counter()))
    event.listen(engine, "after_cursor_execute", lambda *_: slowest.append(perf_counter() - begun.pop()))
    event.listen(engine, "handle_error", lambda *_: slowest.append(perf_counter() - begun.pop()))

    def page(written: str) -> str:
        found = inspector.page(PageRequest(parse_query(written), 100), limits)
        return f"{len(found.jobs)} jobs, looked {found.looked}; {'; '.join(found.notes)}"

    def counts() -> str:
        found = inspector.snapshot(Watch(limits=limits))
        return f"{found.total}; {dict(found.problems)}"

    for written in FILTERS:
        measure(f"page {written!r}", slowest, lambda written=written: page(written))
    measure("counts, first", slowest, counts)
    measure("counts, second", slowest, counts)
    some = inspector.page(PageRequest(parse_query("state:failed"), 100), limits).jobs
    measure("one by id", slowest, lambda: inspector.get(some[0].ref.id).state.value)
    measure("the end of an id", slowest, lambda: len(inspector.find(some[0].ref.id[-6:]).refs))
    retry = Act(Verb.RETRY, "bench")
    measure(
        "retry of 100", slowest, lambda: len(backend.operator.apply(retry, [Target(job.ref) for job in some], limits))
    )
    backend.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
