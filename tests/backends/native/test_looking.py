"""Looking at a queue: it writes nothing, and waits for no writer's lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import redis

from queuetui.backends.backend import NativeBackend
from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import NATIVE, open_native
from queuetui.backends.sql.sqlite_address import file_of
from queuetui.model.page import PageRequest
from queuetui.model.query_parser import parse_query
from queuetui.model.snapshot import Watch
from tests.conformance.scenes import add, select
from tests.servers.mysql import connect_mysql

OPTIONS = BackendOptions(name="shop", kind=NATIVE, create=True, statement_timeout_s=3.0)


def look(backend: NativeBackend) -> None:
    """Read all that a console does."""
    page = PageRequest(parse_query(""), 10)
    picture = backend.inspector.snapshot(Watch(page=page))
    assert not picture.problems
    assert picture.page is not None
    for job in select(backend):
        backend.inspector.get(job.ref.id)
        backend.inspector.attempts(job.ref.id)
        backend.inspector.find(job.ref.id[-8:])


def test_looking_waits_for_no_lock_of_postgresql(postgres_url: str) -> None:
    """While every table of the queue is locked against all but plain reading, a console reads on."""
    backend = open_native(postgres_url, OPTIONS)
    add(backend, 3)
    with psycopg.connect(postgres_url) as holder:
        found = holder.execute("select relname from pg_class where relname like 'queuetui_%' and relkind in ('r', 'p')")
        for (name,) in found.fetchall():
            holder.execute(psycopg.sql.SQL("lock table {} in exclusive mode").format(psycopg.sql.Identifier(name)))
        look(backend)
    backend.close()


def test_looking_waits_for_no_lock_of_mysql(mysql_url: str) -> None:
    """While another session has locked every job, a console reads on."""
    backend = open_native(mysql_url, OPTIONS)
    add(backend, 3)
    with connect_mysql(mysql_url) as holder, holder.cursor() as cursor:
        holder.begin()
        cursor.execute("select id from queuetui_job for update")
        look(backend)
        holder.rollback()
    backend.close()


def test_looking_waits_for_no_lock_of_sqlite_and_writes_nothing(sqlite_url: str) -> None:
    """While another process writes, a console reads on; and the file is as it was."""
    backend = open_native(sqlite_url, OPTIONS)
    add(backend, 3)
    with closing(sqlite3.connect(file_of(sqlite_url), isolation_level=None)) as holder:
        (before,) = holder.execute("pragma data_version").fetchone()
        holder.execute("begin immediate")
        look(backend)
        holder.execute("rollback")
        assert holder.execute("pragma data_version").fetchone() == (before,)
    backend.close()


def test_looking_writes_nothing_to_redis(redis_url: str) -> None:
    """No key is changed by a console that reads."""
    backend = open_native(redis_url, OPTIONS)
    add(backend, 3)
    with redis.Redis.from_url(redis_url) as witness:
        before = witness.info("persistence")["rdb_changes_since_last_save"]
        look(backend)
        assert witness.info("persistence")["rdb_changes_since_last_save"] == before
    backend.close()
