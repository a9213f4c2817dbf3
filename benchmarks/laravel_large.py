"""How long looking at a Laravel database of 300,000 waiting and 300,000 failed jobs takes, on each database and with SELECT alone.

    python -m benchmarks.laravel_large URL [ROWS]

URL names an empty database of its own (an SQLite file that is not there yet, PostgreSQL, MySQL or MariaDB) and a user that may make others:
its tables jobs and failed_jobs are made, as Laravel 8 makes them, and filled. They stay, so that a second run measures without filling.
All is measured twice, as that user and as one that may only SELECT (a file with mode=ro); at the end it is said whether the database
holds byte for byte what it held before, and whether its dump (pg_dump, mariadb-dump or mysqldump from PATH, iterdump) is the same.
The console is started in turns on this database and on one beside it, made by the same statements, that holds one job a table.
"""

from __future__ import annotations

import hashlib
import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy import Engine, create_engine, inspect, text

from queuetui.backends.backend import Backend
from queuetui.backends.base import BackendOptions
from queuetui.backends.discover import open_backend
from queuetui.model.errors import QueueTuiError
from queuetui.model.limits import Limits
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Part, Watch

ROWS = 300_000
BATCH = 5_000
STARTS = 5
NOW_S = 1_790_000_000
COMMAND = 'O:17:"App\\Jobs\\SyncItem":2:{{s:9:"productId";i:{n};s:6:"filler";s:400:"{filler}";}}'
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
LOOKER = "queuetui_looker"
GRANTS = {
    "postgresql": (
        f"do $$ begin create role {LOOKER} login password 'looks'; exception when duplicate_object then null; end $$",
        f"grant usage on schema public to {LOOKER}",
        f"grant select on jobs, failed_jobs to {LOOKER}",
    ),
    "mysql": (
        f"create user if not exists {LOOKER}@'%' identified by 'looks'",
        f"grant select on jobs to {LOOKER}@'%'",
        f"grant select on failed_jobs to {LOOKER}@'%'",
    ),
}
MIB = 2**20
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
    engine = _engine(url)
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
    for begin in range(0, rows, BATCH):
        places = range(begin, min(rows, begin + BATCH))
        with engine.begin() as connection:
            connection.execute(jobs, [_job(n) for n in places])
            connection.execute(failed, [_failed(n) for n in places])
    engine.dispose()


def _engine(url: str) -> Engine:
    scheme, _, rest = url.partition("://")
    return create_engine(f"{DRIVERS.get(scheme, 'mysql+pymysql')}://{rest}")


def make_looker(url: str) -> str:
    """Return the URL of one who may only look at both tables."""
    engine = _engine(url)
    if engine.dialect.name == "sqlite":
        return f"{url}?mode=ro"
    with engine.begin() as connection:
        for statement in GRANTS[engine.dialect.name]:
            connection.execute(text(statement))
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{LOOKER}:looks@{parts.netloc.rpartition('@')[2]}"))


def digest(url: str) -> str:
    """Return what stands for every table's definition and every row of a database."""
    engine, found = _engine(url), hashlib.sha256()
    with engine.connect().execution_options(stream_results=True, yield_per=1_000) as connection:
        for table in sorted(inspect(engine).get_table_names()):
            found.update(repr((table, inspect(engine).get_columns(table), inspect(engine).get_indexes(table))).encode())
            for row in connection.execute(text(f"SELECT * FROM {table} ORDER BY id")):
                found.update(repr(tuple(row)).encode())
    engine.dispose()
    return found.hexdigest()


@dataclass(frozen=True, slots=True)
class Start:
    """What a console took from its start to its first row, in seconds."""

    clock_s: float
    processor_s: float


def start_console(url: str, bytecode: str) -> Start:
    """Start the console on a terminal and end it once its first row is there."""
    master, slave = pty.openpty()
    begun = perf_counter()
    command = [sys.executable, "-m", "queuetui", "-u", url]
    # Bytecode is at hand, as installed packages have it.
    sized = os.environ | {"COLUMNS": "120", "LINES": "40", "TERM": "xterm-256color", "PYTHONPYCACHEPREFIX": bytecode}
    sized.pop("PYTHONDONTWRITEBYTECODE", None)
    console = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=sized)
    os.close(slave)
    seen = b""
    while b"SyncItem" not in seen:
        seen = (seen + os.read(master, 65_536))[-MIB:]
    took_s = perf_counter() - begun
    console.kill()
    _, _, used = os.wait4(console.pid, 0)
    os.close(master)
    return Start(took_s, used.ru_utime + used.ru_stime)


def compare_starts(many: dict[str, str], few: str) -> None:
    """Print what the console's start takes as each user of a large database and on a small one, in turns."""
    urls = {**many, "one job a table": few}
    with tempfile.TemporaryDirectory() as bytecode:
        start_console(few, bytecode)
        rounds = [{name: start_console(url, bytecode) for name, url in urls.items()} for _ in range(STARTS)]
    for name in urls:
        clock = sorted(one[name].clock_s for one in rounds)
        processor = sorted(one[name].processor_s for one in rounds)
        print(
            f"console start to first row, {name:18} processor {median(processor):.2f} s ({processor[0]:.2f} to {processor[-1]:.2f}), "
            f"clock {median(clock):.2f} s ({clock[0]:.2f} to {clock[-1]:.2f})"
        )


def make_small(url: str) -> str:
    """Make the same tables with one job each, beside the large ones, and return their URL."""
    small = f"{url}_small"
    engine = _engine(url)
    if engine.dialect.name != "sqlite":
        name = urlsplit(url).path.lstrip("/")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}_small"))
            connection.execute(text(f"CREATE DATABASE {name}_small"))
    engine.dispose()
    fill(small, 1)
    return small


def dump(url: str) -> str | None:
    """Return what stands for the dump of a database by its own program, None where that is not installed."""
    parts, found = urlsplit(url), hashlib.sha256()
    name, password = parts.path.lstrip("/"), parts.password or ""
    if parts.scheme == "sqlite":
        with closing(sqlite3.connect(parts.path[1:])) as connection:
            for line in connection.iterdump():
                found.update(line.encode())
        return found.hexdigest()
    if parts.scheme.startswith("postgres"):
        # Without it each dump has a key of its own.
        command = ["pg_dump", "--restrict-key=same", url]
    else:
        program = shutil.which("mariadb-dump") or "mysqldump"
        where = [f"-h{parts.hostname}", f"-P{parts.port or 3306}", f"-u{parts.username}"]
        command = [program, *where, "--skip-dump-date", "--single-transaction", name]
    if shutil.which(command[0]) is None:
        return None
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=os.environ | {"MYSQL_PWD": password}) as program_run:
        assert program_run.stdout is not None
        while piece := program_run.stdout.read(MIB):
            found.update(piece)
    if program_run.returncode:
        raise SystemExit(f"{command[0]} ended with {program_run.returncode}, so no dump was compared")
    return found.hexdigest()


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
    yield "first page", lambda: len(backend.inspector.page(PageRequest(limit=50), limits).jobs)
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
        yield f"find {name} by 8", lambda job_id=job_id: len(backend.inspector.find(job_id[-8:]).refs)  # type: ignore[misc] # bound now
        yield f"find {name} whole", lambda job_id=job_id: len(backend.inspector.find(job_id).refs)  # type: ignore[misc] # bound now
        by_id = parse_query(f"id:{job_id}")
        yield f"id:{name}", lambda query=by_id: len(backend.inspector.page(PageRequest(query, 50), limits).jobs)  # type: ignore[misc] # bound now


def measure_all(url: str, rows: int) -> Iterator[tuple[str, float, str]]:
    """Yield each measure: its name, its milliseconds, and what was found."""
    begun = perf_counter()
    backend = open_backend(url, BackendOptions(kind="laravel"))
    backend.inspector.snapshot(Watch(page=PageRequest(limit=50)))
    yield "open and first picture", (perf_counter() - begun) * 1000, ""
    for name, measure in measures(backend, rows):
        begun = perf_counter()
        try:
            said: object = measure()
        except QueueTuiError as error:
            said = f"{type(error).__name__}: {error}"
        took_ms = (perf_counter() - begun) * 1000
        yield name, took_ms, f"{getattr(said, 'exactness', '')} {str(getattr(said, 'value', said))[:60]}".strip()
    backend.close()


def main(url: str, rows: int) -> None:
    """Fill, measure as both users, print a line a measure, and compare the database with what it was."""
    fill(url, rows)
    looker, before, dumped = make_looker(url), digest(url), dump(url)
    compare_starts({"owner": url, "SELECT": looker}, make_small(url))
    print(f"{'':34} {'owner':>8}    {'SELECT':>8}")
    for owner, other in zip_longest(measure_all(url, rows), measure_all(looker, rows)):
        print(f"{owner[0]:34} {owner[1]:8.0f} ms {other[1]:8.0f} ms  {owner[2]}")
    print(f"database afterwards: {'the same' if digest(url) == before else 'CHANGED'}")
    if dumped is None:
        print("its dump afterwards: not compared, as the program that dumps it is not installed")
    else:
        print(f"its dump afterwards: {'the same' if dump(url) == dumped else 'CHANGED'}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else ROWS)
