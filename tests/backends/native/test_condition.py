"""What a server tells of who holds it up, of vacuum, connections and settings."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.native.sql.backend import SqlBackend, open_backend
from queuetui.model.examination import Check, Finding, Level
from queuetui.model.limits import Limits
from queuetui.monitor.checkup import check_up
from queuetui.monitor.store_watch import StoreWatch
from tests.servers.fixtures import PostgresFactory
from tests.servers.mysql import MysqlServer, connect_mysql
from tests.servers.postgres import SETTINGS, PostgresServer
from tests.waiting import wait_until

OPTIONS = BackendOptions(name="shop", create=True)


@pytest.fixture
def queue(postgres_url: str) -> Iterator[SqlBackend]:
    """A queue of ours on PostgreSQL."""
    backend = open_backend(postgres_url, OPTIONS)
    yield backend
    backend.close()


def found(backend: SqlBackend, check: Check, held_s: float = 0.0) -> Finding:
    """Return what one check finds."""
    (finding,) = (one for one in check_up(backend, Limits(), "0.1.0", held_s) if one.check is check)
    return finding


def test_a_held_snapshot_is_told_with_who_holds_it(queue: SqlBackend, postgres_url: str) -> None:
    """Pid, user, application and since when are told while it is held, and nothing before it is old enough or after its end."""
    assert found(queue, Check.SNAPSHOTS).level is Level.OK
    with psycopg.connect(postgres_url, application_name="report 'x'") as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        row = holder.execute("select pg_backend_pid(), current_user, clock_timestamp()").fetchone()
        assert row is not None
        told = found(queue, Check.SNAPSHOTS)
        assert told.level is Level.WARNING
        assert f"pid {row[0]} (user {row[1]}, application report 'x')" in told.summary
        assert told.next == f"end its transaction, or: select pg_terminate_backend({row[0]})"
        (seen,) = StoreWatch(queue, 0.0).look()
        assert f"pid {row[0]}" in seen.summary
        (held,) = queue.examiner.held_snapshots(0.0)
        assert (held.kind, held.name.raw, held.user and held.user.raw) == ("session", str(row[0]), row[1])
        assert held.since is not None
        assert held.since <= row[2]
        assert found(queue, Check.SNAPSHOTS, 60.0).level is Level.OK
    assert queue.examiner.held_snapshots(0.0) == ()


def test_a_writer_that_went_idle_is_told(queue: SqlBackend, postgres_url: str) -> None:
    """A transaction that wrote something and waits holds things up at any isolation level; one that only read does not."""
    with psycopg.connect(postgres_url) as holder:
        holder.execute("select 1")
        assert queue.examiner.held_snapshots(0.0) == ()
        holder.execute("create table mine (id integer)")
        assert [held.kind for held in queue.examiner.held_snapshots(0.0)] == ["session"]


def test_another_database_holds_nothing_up(queue: SqlBackend, postgres_server: PostgresServer) -> None:
    """What is held open in another database is none of ours."""
    url = postgres_server.create_database()
    with psycopg.connect(url) as holder:
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("select count(*) from pg_class")
        assert queue.examiner.held_snapshots(0.0) == ()
    postgres_server.drop_database(url)


def test_a_prepared_transaction_is_told(private_postgres: PostgresFactory) -> None:
    """One that was prepared and forgotten is told by its name, and how it is ended."""
    url = private_postgres((*SETTINGS, "max_prepared_transactions=2")).create_database()
    backend = open_backend(url, OPTIONS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("begin")
        connection.execute("create table mine (id integer)")
        connection.execute("prepare transaction 'order''s 7'")
        told = found(backend, Check.SNAPSHOTS)
        connection.execute("rollback prepared 'order''s 7'")
    assert "the prepared transaction order's 7 of" in told.summary
    assert told.next == "commit prepared 'order''s 7', or rollback prepared 'order''s 7'"
    assert found(backend, Check.SNAPSHOTS).level is Level.OK
    backend.close()


def test_a_user_who_may_not_see_is_told_so(
    queue: SqlBackend, postgres_url: str, postgres_server: PostgresServer
) -> None:
    """Where the start of others' sessions is kept from a user, it is said how many there are and what to grant."""
    with psycopg.connect(postgres_url, autocommit=True) as admin, psycopg.connect(postgres_url) as holder:
        admin.execute("create role looker login")
        admin.execute("grant select on all tables in schema public to looker")
        holder.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        holder.execute("select count(*) from pg_class")
        limited = open_backend(with_user(postgres_url, "looker"), BackendOptions(name="shop"))
        told = found(limited, Check.SNAPSHOTS)
        limited.close()
        admin.execute("drop owned by looker")
        admin.execute("drop role looker")
    assert (told.level, told.evidence["hidden_sessions"]) == (Level.OK, 1)
    assert "pg_read_all_stats" in told.next


def test_a_table_without_autovacuum_is_told(queue: SqlBackend, postgres_url: str) -> None:
    """A table of ours that autovacuum leaves alone is named, with what sets it right."""
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        assert found(queue, Check.AUTOVACUUM).evidence["off_for"] in ([], ["*"])
        connection.execute("alter table queuetui_job set (autovacuum_enabled = false)")
    told = found(queue, Check.AUTOVACUUM)
    assert told.level is Level.WARNING
    assert told.evidence["off_for"] in (["queuetui_job"], ["*"])


def test_connections_are_counted(queue: SqlBackend, postgres_url: str) -> None:
    """One more connection is one more in use."""

    def count() -> int:
        return int(str(found(queue, Check.CONNECTIONS).evidence["used"]))

    with psycopg.connect(postgres_url):
        while_open = count()
    wait_until(lambda: count() < while_open)


def test_a_small_packet_is_told(mysql_server: MysqlServer, mysql_url: str) -> None:
    """Where the server takes only small messages it is said how large a job may be."""
    backend = open_backend(mysql_url, OPTIONS)
    assert found(backend, Check.PACKET).level is Level.OK
    backend.close()
    with connect_mysql(mysql_server.admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("select @@max_allowed_packet")
        (before,) = cursor.fetchone() or (None,)
        cursor.execute("set global max_allowed_packet = 1048576")
        try:
            backend = open_backend(mysql_url, OPTIONS)
            told = found(backend, Check.PACKET)
            backend.close()
        finally:
            cursor.execute("set global max_allowed_packet = %s", (before,))
    assert (told.level, told.evidence["max_allowed_packet"]) == (Level.WARNING, 1048576)


def with_user(url: str, user: str) -> str:
    """Return the URL of the same database for another user."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{user}@{rest.rpartition('@')[2]}"
