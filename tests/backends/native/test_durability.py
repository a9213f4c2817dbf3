"""How safe a commit is: graded by the server's settings, and kept through its death and down to the disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.model.job import Ending
from tests.architecture.source import ROOT
from tests.conformance.scenes import add, claim_one, settle, state_of
from tests.servers.fixtures import MysqlFactory, PostgresFactory, RedisFactory
from tests.servers.mysql import MysqlServer, connect_mysql
from tests.servers.postgres import PostgresServer
from tests.servers.redis import KEEPING
from tests.waiting import wait_until

CAREFUL: tuple[str, ...] = ()
OPTIONS = BackendOptions(name="shop", kind=NATIVE, create=True)
ENQUEUE_ONE = """
import os, sys
from queuetui import Queue
with Queue(sys.argv[1]) as queue:
    queue.enqueue("first")
    os.write(1, b"ready\\n")
    queue.enqueue("second")
    os.write(1, b"acknowledged\\n")
"""


def open_queue(url: str) -> NativeBackend:
    """Open the queue, made first."""
    return open_native(url, OPTIONS)


@pytest.fixture
def careful_postgres(private_postgres: PostgresFactory) -> PostgresServer:
    """A PostgreSQL server as it comes: nothing is switched off for speed."""
    return private_postgres(CAREFUL)


def grade_of(url: str) -> str:
    """Return the grade that a console is shown."""
    backend = open_queue(url)
    grade = backend.inspector.capabilities.durability
    backend.close()
    return grade


def test_a_postgresql_server_is_graded(careful_postgres: PostgresServer) -> None:
    """As it comes it is an A; commits that do not wait for the disk make it a B, and pages that may tear or are not flushed a C."""
    url = careful_postgres.create_database()
    assert grade_of(url) == "A"
    for setting, grade in (("synchronous_commit", "B"), ("full_page_writes", "C"), ("fsync", "C")):
        with psycopg.connect(careful_postgres.admin_url, autocommit=True) as connection:
            connection.execute(f"alter system set {setting} = off")
        careful_postgres.stop()
        careful_postgres.start()
        assert grade_of(url) == grade, setting


def test_replicas_of_postgresql_are_told_of(careful_postgres: PostgresServer) -> None:
    """While another server follows that no commit waits for, a failover may lose; with one that they wait for it is an A+."""
    url = careful_postgres.create_database()
    assert grade_of(url) == "A"
    with psycopg.connect(url, replication="true"):
        assert grade_of(url) == "A (R0)"
    with psycopg.connect(careful_postgres.admin_url, autocommit=True) as connection:
        connection.execute("alter system set synchronous_standby_names = 'north'")
        connection.execute("select pg_reload_conf()")
    wait_until(lambda: grade_of(url) == "A+")


def test_replicas_of_redis_are_told_of(private_redis: RedisFactory) -> None:
    """A server with a replica may lose at a failover what that has not got yet, whatever its own grade."""
    server, replica = private_redis(KEEPING), private_redis(KEEPING)
    open_queue(server.url).close()
    with redis.Redis.from_url(replica.url) as client:
        client.replicaof("127.0.0.1", str(server.port))
    wait_until(lambda: grade_of(server.url) == "B (R0)")


def test_a_killed_postgresql_keeps_what_it_acknowledged(careful_postgres: PostgresServer) -> None:
    """After kill -9 of a server of grade A every acknowledged job, claim and ending is there."""
    url = careful_postgres.create_database()
    backend = open_queue(url)
    assert backend.inspector.capabilities.durability == "A"
    ended, held, waiting = add(backend, 3)
    first, second = claim_one(backend), claim_one(backend)
    assert settle(backend, *first, Ending.COMPLETED)
    backend.close()
    careful_postgres.kill()
    careful_postgres.revive()
    after = open_queue(url)
    states = [state_of(after, job_id).value for job_id in (ended, held, waiting)]
    assert states == ["completed", "processing", "pending"]
    assert settle(after, *second, Ending.COMPLETED)
    after.close()


def set_flushing(server: MysqlServer, how: int) -> None:
    """Let every commit wait for the disk (1), or not (0, 2)."""
    with connect_mysql(server.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("set global innodb_flush_log_at_trx_commit = %s", (how,))


def test_a_mysql_server_is_graded(mysql_server: MysqlServer, mysql_url: str) -> None:
    """Commits that wait for the disk are an A, any other a B."""
    with connect_mysql(mysql_server.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("select @@innodb_flush_log_at_trx_commit")
        found = cursor.fetchone()
    assert found is not None
    try:
        for how, grade in ((1, "A"), (2, "B"), (0, "B")):
            set_flushing(mysql_server, how)
            assert grade_of(mysql_url) == grade, how
    finally:
        set_flushing(mysql_server, found[0])


def test_a_mysql_server_without_a_second_copy_of_pages_is_graded(private_mysql: MysqlFactory) -> None:
    """Where a page that a power cut tears has no second copy the grade is C, though every commit waits for the disk."""
    server = private_mysql(("--innodb-doublewrite=0",))
    set_flushing(server, 1)
    assert grade_of(server.create_database()) == "C"


def test_a_killed_mysql_keeps_what_it_acknowledged(private_mysql: MysqlFactory) -> None:
    """After kill -9 of a server whose commits wait for the disk every acknowledged job, claim and ending is there."""
    server = private_mysql()
    set_flushing(server, 1)
    url = server.create_database()
    backend = open_queue(url)
    assert backend.inspector.capabilities.durability == "A"
    ended, held, waiting = add(backend, 3)
    first, second = claim_one(backend), claim_one(backend)
    assert settle(backend, *first, Ending.COMPLETED)
    backend.close()
    server.kill()
    server.revive()
    after = open_queue(url)
    states = [state_of(after, job_id).value for job_id in (ended, held, waiting)]
    assert states == ["completed", "processing", "pending"]
    assert settle(after, *second, Ending.COMPLETED)
    after.close()


def test_a_killed_redis_keeps_what_it_acknowledged(private_redis: RedisFactory) -> None:
    """After kill -9 of a server that flushes at each write every acknowledged job, claim and ending is there."""
    server = private_redis({**KEEPING, "appendfsync": "always"})
    backend = open_queue(server.url)
    assert backend.inspector.capabilities.durability == "A"
    ended, held, waiting = add(backend, 3)
    first, second = claim_one(backend), claim_one(backend)
    assert settle(backend, *first, Ending.COMPLETED)
    backend.close()
    server.process.kill()
    server.process.start()
    after = open_queue(server.url)
    states = [state_of(after, job_id).value for job_id in (ended, held, waiting)]
    assert states == ["completed", "processing", "pending"]
    assert settle(after, *second, Ending.COMPLETED)
    after.close()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace, which shows the way to the disk, is not installed")
def test_an_sqlite_enqueue_is_flushed_before_it_is_acknowledged(tmp_path: Path) -> None:
    """Between the answer before and the acknowledgement of a job the write-ahead log is flushed: seen in the process's system calls."""
    trace = tmp_path / "trace"
    calls = ["strace", "-f", "-e", "trace=fsync,fdatasync,write", "-y", "-o", str(trace)]
    done = subprocess.run(
        [*calls, sys.executable, "-c", ENQUEUE_ONE, f"sqlite:///{tmp_path / 'queue.db'}"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr.lower() and done.returncode:
        pytest.skip("processes may not be traced here")
    assert done.returncode == 0, done.stderr
    said = trace.read_text(errors="replace")
    ready, acknowledged = said.index("ready"), said.index("acknowledged")
    assert re.search(r"(fsync|fdatasync)\(\d+<[^>]*queue\.db-wal>", said[ready:acknowledged])
