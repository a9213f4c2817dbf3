"""How long looking at a Laravel database of 300,000 waiting and 300,000 failed jobs takes, on each database and with SELECT alone.

    python -m benchmarks.laravel_large URL [ROWS]

URL names an empty database of its own (an SQLite file that is not there yet, PostgreSQL, MySQL or MariaDB): its tables jobs and
failed_jobs are made, as Laravel 8 makes them, and filled. They stay, so that a second run measures without filling.
"""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from sqlalchemy import create_engine, inspect, text

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_foreign
from queuetui.model.errors import QueueTuiError
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch

ROWS = 300_000
BITE = 5_000
NOW_S = 1_790_000_000
COMMAND = 'O:17:"App\\\\Jobs\\\\SyncItem":2:{{s:9:"productId";i:{n};s:6:"filler";s:400:"{filler}";}}'
KEYS = {
    "sqlite": "integer primary key autoincrement",
    "postgresql": "bigserial primary key",
    "mysql": "bigint unsigned auto_increment primary key",
}
FILTERS = (
    "state:failed",
    "state:processing",
    "queue:sync",
    "queue:nosuch",
    "is:stuck",
    "payload.productId:3",
    'error~"no such text"',
    "age>1h state:failed",
)
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


def id_of(table: str, n: int) -> str:
    """Return the uuid of a row, the same in each run."""
    return str(uuid.UUID(hashlib.md5(f"{table}{n}".encode(), usedforsecurity=False).hexdigest(), version=4))


def payload_of(table: str, n: int) -> str:
    """Return a payload of about a kilobyte."""
    command = COMMAND.format(n=n, filler="x" * 400)
    named = {
        "uuid": id_of(table, n),
        "displayName": "App\\Jobs\\SyncItem",
        "job": "Illuminate\\Queue\\CallQueuedHandler@call",
    }
    return json.dumps(
        {**named, "maxTries": 3, "data": {"commandName": "App\\Jobs\\SyncItem", "command": command}},
        separators=(",", ":"),
    )


def fill(url: str, rows: int) -> None:
    """Make and fill both tables, if they are not there."""
    scheme, _, rest = url.partition("://")
    engine = create_engine(f"{DRIVERS.get(scheme, 'mysql+pymysql')}://{rest}")
    if inspect(engine).has_table("jobs"):
        return
    key = KEYS[engine.dialect.name]
    long = "longtext" if engine.dialect.name == "mysql" else "text"
    with engine.begin() as connection:
        connection.execute(
            text(
                f"CREATE TABLE jobs (id {key}, queue varchar(255) NOT NULL, payload {long} NOT NULL, attempts smallint NOT NULL, "
                "reserved_at int NULL, available_at int NOT NULL, created_at int NOT NULL)"
            )
        )
        connection.execute(text("CREATE INDEX jobs_queue_index ON jobs (queue)"))
        connection.execute(
            text(
                f"CREATE TABLE failed_jobs (id {key}, uuid varchar(255) NOT NULL UNIQUE, connection text NOT NULL, queue text NOT NULL, "
                f"payload {long} NOT NULL, exception {long} NOT NULL, failed_at timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP)"
            )
        )
    jobs = text(
        "INSERT INTO jobs (queue, payload, attempts, reserved_at, available_at, created_at) VALUES (:q, :p, 0, :r, :t, :t)"
    )
    failed = text(
        "INSERT INTO failed_jobs (uuid, connection, queue, payload, exception) VALUES (:u, 'database', :q, :p, :e)"
    )
    for begin in range(0, rows, BITE):
        places = range(begin, min(rows, begin + BITE))
        with engine.begin() as connection:
            connection.execute(jobs, [_job(n) for n in places])
            connection.execute(failed, [_failed(n) for n in places])
    engine.dispose()


def _job(n: int) -> dict[str, Any]:
    return {"q": _queue(n), "p": payload_of("jobs", n), "r": NOW_S if n < 5 else None, "t": NOW_S + n // 1000}


def _failed(n: int) -> dict[str, Any]:
    trace = "Exception: it went wrong in /app/Sync.php:12\nStack trace:\n" + "#0 /app/vendor/x.php(1): x()\n" * 30
    return {"u": id_of("failed", n), "q": _queue(n), "p": payload_of("failed", n), "e": trace}


def _queue(n: int) -> str:
    return "sync" if n % 5 == 0 else "mail" if n % 5 == 1 else "default"


def measures(backend: Backend, rows: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield what is measured, each by its name."""
    limits = Limits()
    yield "first page", lambda: backend.inspector.page(PageRequest(limit=50), limits)
    yield "counts", lambda: backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}))).total
    yield "counts again", lambda: backend.inspector.snapshot(Watch(parts=frozenset({Part.COUNTS}))).total
    for written in FILTERS:
        query = parse_query(written)
        yield written, lambda query=query: backend.inspector.page(PageRequest(query, 50), limits).total  # type: ignore[misc] # bound now
    for name, job_id in (
        ("newest waiting", id_of("jobs", rows - 1)),
        ("oldest waiting", id_of("jobs", 0)),
        ("failed", id_of("failed", rows // 2)),
        ("no such", id_of("none", 0)),
    ):
        yield f"get {name}", lambda job_id=job_id: backend.inspector.get(job_id).ref.id  # type: ignore[misc] # bound now
        yield f"find {name} by 8", lambda job_id=job_id: len(backend.inspector.find(job_id[-8:]))  # type: ignore[misc] # bound now
        yield f"find {name} whole", lambda job_id=job_id: len(backend.inspector.find(job_id))  # type: ignore[misc] # bound now
        written = parse_query(f"id:{job_id}")
        yield f"id:{name}", lambda query=written: len(backend.inspector.page(PageRequest(query, 50), limits).jobs)  # type: ignore[misc] # bound now


def main(url: str, rows: int) -> None:
    """Fill, open and print a line a measure."""
    fill(url, rows)
    begun = perf_counter()
    backend = open_foreign("laravel", url, BackendOptions())
    backend.inspector.snapshot(Watch(page=PageRequest(limit=50)))
    print(f"{'open and first picture':34} {(perf_counter() - begun) * 1000:8.0f} ms")
    for name, measure in measures(backend, rows):
        begun = perf_counter()
        try:
            said: object = measure()
        except QueueTuiError as error:
            said = f"{type(error).__name__}: {error}"
        shown = getattr(said, "value", said)
        print(
            f"{name:34} {(perf_counter() - begun) * 1000:8.0f} ms  {getattr(said, 'exactness', '')} {str(shown)[:90]}"
        )
    backend.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
