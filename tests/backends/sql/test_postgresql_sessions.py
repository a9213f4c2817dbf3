"""Sessions of PostgreSQL mean the same whatever the defaults of the server, the database, the role and the URL are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.backends.sql import console_sessions
from queuetui.backends.sql.console_connection import open_database
from queuetui.model.act import Verb
from queuetui.model.errors import BadPayload, ConnectionLost, NotFound
from queuetui.model.job import Ending, RunError
from queuetui.model.snapshot import Watch
from queuetui.model.state import State
from tests.backends.captures import load_capture, query
from tests.conformance.scenes import act_done, add, add_one, claim_one, ending, new_job, run, select
from tests.servers.postgres import PostgresServer

CREATE = BackendOptions(name="shop", kind=NATIVE, create=True)
HOSTILE = {
    "DateStyle": "'SQL, DMY'",
    "IntervalStyle": "'sql_standard'",
    "TimeZone": "'Australia/Lord_Howe'",
    "client_encoding": "'LATIN1'",
    "bytea_output": "'escape'",
    "extra_float_digits": "-10",
    "default_transaction_isolation": "'serializable'",
    "default_transaction_read_only": "on",
    "transform_null_equals": "on",
    "standard_conforming_strings": "off",
    "enable_indexscan": "off",
    "statement_timeout": "'1min'",
    "lock_timeout": "1",
    "idle_in_transaction_session_timeout": "1",
    "default_tablespace": "pg_default",
}
SINCE_17 = {"transaction_timeout": "20"}
MakeDatabase = Callable[[str], str]


@pytest.fixture
def make_database(postgres_server: PostgresServer) -> Iterator[MakeDatabase]:
    """A maker of databases in an encoding."""
    made: list[str] = []

    def make(encoding: str) -> str:
        made.append(
            postgres_server.create_database(f"ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        )
        return made[-1]

    yield make
    for url in made:
        postgres_server.drop_database(url)


def live_and_look(backend: NativeBackend) -> None:
    """Let a job fail, be retried and complete, and read all that a console does."""
    job_id = add_one(backend, payload=b'{"name": "\xc3\xa4\\u0000"}')
    run(backend, Ending.FAILED, error=RunError("ValueError", "no such shop", "Traceback: ..."))
    assert backend.inspector.get(job_id).error is not None
    act_done(backend, Verb.RETRY, job_id)
    run(backend)
    picture = backend.inspector.snapshot(Watch())
    assert not picture.problems
    (job,) = select(backend)
    assert job.state is State.COMPLETED
    assert job.created_at is not None
    assert abs((picture.now - job.created_at).total_seconds()) < 600


def test_defaults_of_the_database_change_nothing(postgres_url: str) -> None:
    """Times, numbers, encodings and isolation are set by each session, for workers and consoles."""
    name = urlsplit(postgres_url).path.lstrip("/")
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        for setting, value in (HOSTILE | (SINCE_17 if admin.info.server_version >= 170000 else {})).items():
            admin.execute(f"ALTER DATABASE {name} SET {setting} = {value}".encode())
    backend = open_native(postgres_url, CREATE)
    live_and_look(backend)
    backend.close()


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_database_in_another_encoding_holds_a_queue(make_database: MakeDatabase, encoding: str) -> None:
    """A queue lives in it, and what a run tells is kept even if a character of it cannot be."""
    backend = open_native(make_database(encoding), CREATE)
    live_and_look(backend)
    add(backend, 300, queue="viele", type="Prüfen")
    job_id = add_one(backend, type="Prüfen")
    lease, claimed = claim_one(backend)
    failed = ending(claimed, Ending.FAILED, error=RunError("ValueError", "no \N{SNOWMAN}", "Traceback: \N{SNOWMAN}"))
    assert backend.jobs.step(lease.id, [failed], 0).accepted == {job_id}
    job = backend.inspector.get(job_id)
    assert job.type.raw == "Prüfen"
    assert job.error is not None
    assert job.error.message.raw in ("no \N{SNOWMAN}", "no \\u2603")
    backend.close()


def test_a_name_that_the_encoding_cannot_hold_is_refused(make_database: MakeDatabase) -> None:
    """A type, queue or key with such a character raises BadPayload, alone and among many, and nothing is stored."""
    backend = open_native(make_database("LATIN1"), CREATE)
    for changes in ({"type": "\N{SNOWMAN}"}, {"queue": "\N{SNOWMAN}"}, {"idempotency_key": "\N{SNOWMAN}"}):
        with pytest.raises(BadPayload, match="UTF8"):
            backend.jobs.enqueue([new_job(**changes)])
        with pytest.raises(BadPayload, match="UTF8"):
            backend.jobs.enqueue([*(new_job() for _ in range(300)), new_job(**changes)])
    assert select(backend) == []
    backend.close()


def test_rows_that_are_no_utf8_are_read(make_database: MakeDatabase) -> None:
    """In a database without an encoding a foreign row of other bytes is shown with marks, and fails no row around it."""
    capture = load_capture("laravel", "laravel-db", "postgres", make_database("SQL_ASCII"))
    query(
        capture.url,
        "UPDATE jobs SET queue = convert_from('\\xe466'::bytea, 'SQL_ASCII') WHERE id = (SELECT min(id) FROM jobs)",
    )
    backend = capture.open()
    picture = backend.inspector.snapshot(Watch())
    assert not picture.problems
    queues = {info.name.raw for info in picture.queues}
    assert "\N{REPLACEMENT CHARACTER}f" in queues
    capture.close()


@pytest.mark.parametrize(
    "asked", ["schema=app", "options=-c%20search_path%3Dapp", "options=-csearch_path%3Dapp%20--jit%3Doff"]
)
def test_the_schema_of_a_url_holds_for_writes_and_reads(postgres_url: str, asked: str) -> None:
    """Tables are made, written and read in the schema that the URL names."""
    with psycopg.connect(postgres_url, autocommit=True) as admin:
        admin.execute("CREATE SCHEMA app")
    url = f"{postgres_url}?{asked}"
    backend = open_native(url, CREATE)
    add(backend, 2)
    assert len(select(backend)) == 2
    backend.close()
    found = query(postgres_url, "SELECT DISTINCT schemaname FROM pg_tables WHERE tablename LIKE 'queuetui%'")
    assert found == [("app",)]
    with pytest.raises(NotFound):
        open_native(postgres_url, BackendOptions(name="shop", kind=NATIVE))


def test_a_schema_that_is_not_there_is_not_found(postgres_url: str) -> None:
    """The message names the schema's absence, and nothing is made elsewhere."""
    with pytest.raises(NotFound, match="schema"):
        open_native(f"{postgres_url}?schema=nowhere", CREATE)
    assert query(postgres_url, "SELECT count(*) FROM pg_tables WHERE tablename LIKE 'queuetui%'") == [(0,)]


def test_a_read_whose_session_was_ended_is_no_loss(postgres_url: str) -> None:
    """One that the server ended while it rested is made anew unseen; one that ends amid a read is told apart from a server that is away."""
    database = open_database(postgres_url, 5.0, 5.0)
    reader = console_sessions.read_server(postgres_url, BackendOptions())
    for _ in range(2):
        with database.reading("asking") as connection:
            first = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        with reader.reading("asking") as own:
            second = own.execute("select pg_backend_pid()").fetchone()[0]
        for pid in (first, second):
            query(postgres_url, f"select pg_terminate_backend({pid}, 5000)")
    with pytest.raises(ConnectionLost), database.reading("asking") as connection:
        connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(ConnectionLost), reader.reading("asking") as own:
        own.execute("select pg_terminate_backend(pg_backend_pid())")
    database.close()
    reader.close()
