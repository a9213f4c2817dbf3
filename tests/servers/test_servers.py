"""The servers that every other test stands on."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pymysql
import pytest
import redis

from tests.servers.fixtures import PostgresFactory, report_missing
from tests.servers.mysql import MysqlServer
from tests.servers.postgres import PostgresServer
from tests.waiting import wait_until


def test_each_postgres_test_gets_an_empty_utf8_database(postgres_server: PostgresServer, postgres_url: str) -> None:
    """A PostgreSQL URL names a database of its own, empty and in UTF-8."""
    other = postgres_server.create_database()
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE TABLE only_here (id integer)")
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    with psycopg.connect(other) as connection:
        assert connection.execute("SELECT to_regclass('only_here')").fetchone() == (None,)
    postgres_server.drop_database(other)


def test_a_database_that_is_used_again_holds_nothing(postgres_server: PostgresServer) -> None:
    """What a test leaves is gone from the next one's database, and its connection is cut; what stays needs a new database."""
    server = PostgresServer(postgres_server.admin_url)
    url = server.create_database()
    late = psycopg.connect(url, autocommit=True)
    late.execute("CREATE SCHEMA other CREATE TABLE left_behind (id serial) CREATE TABLE more (at timestamp)")
    late.execute("CREATE FUNCTION public.three() RETURNS integer LANGUAGE sql AS 'select 3'")
    server.drop_database(url)
    server.drop_database(url)
    with pytest.raises(psycopg.OperationalError):
        late.execute("SELECT 1")
    again = server.create_database()
    assert again == url
    with psycopg.connect(again, autocommit=True) as connection:
        connection.execute("CREATE TABLE left_behind (id integer)")
        connection.execute("REVOKE USAGE ON TYPE int4 FROM public")
    server.drop_database(again)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(again)


def test_a_stopped_postgres_comes_back_with_its_data(private_postgres: PostgresFactory) -> None:
    """A server that is stopped refuses connections, and started again has kept its port and rows."""
    server = private_postgres()
    url = server.create_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url, connect_timeout=2)
    server.start()
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.timed
def test_a_frozen_postgres_keeps_its_connections_silent(private_postgres: PostgresFactory) -> None:
    """A frozen server answers nothing until it is resumed, and then answers on the same connection."""
    server = private_postgres()
    with psycopg.connect(server.admin_url, autocommit=True) as connection:
        server.pause()
        with pytest.raises(psycopg.OperationalError, match="timeout"):
            psycopg.connect(server.admin_url, connect_timeout=2)
        server.resume()
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_killed_postgres_recovers(private_postgres: PostgresFactory) -> None:
    """A crashed server leaves no process that keeps it from starting again."""
    server = private_postgres()
    connection = psycopg.connect(server.admin_url)
    server.kill()
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    server.start()
    psycopg.connect(server.admin_url).close()


def test_each_mysql_test_gets_an_empty_database(mysql_server: MysqlServer, mysql_url: str) -> None:
    """A MySQL URL names an empty database on the session's server."""
    name = mysql_url.rpartition("/")[2]
    with (
        pymysql.connect(host="127.0.0.1", port=mysql_server.port, user="root", database=name) as connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("SHOW TABLES")
        assert list(cursor) == []


def test_each_redis_test_gets_an_empty_database(redis_url: str) -> None:
    """A Redis URL names a database without keys."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("left", "behind")


def test_the_next_redis_test_sees_nothing_of_the_last(redis_url: str) -> None:
    """What one test leaves behind in Redis is gone for the next."""
    with redis.Redis.from_url(redis_url) as client:
        assert client.get("left") is None


def test_an_sqlite_url_names_a_file_that_is_not_there_yet(sqlite_url: str) -> None:
    """An SQLite URL is absolute and its file is the test's to create."""
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert path.is_absolute()
    assert not path.exists()


def test_a_missing_server_skips_on_a_desk_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its server a test is skipped with the reason, but never when CI runs it."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="no server"):
        report_missing("no server")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="no server, and CI must not skip"):
        report_missing("no server")


def test_waiting_in_vain_names_what_was_awaited() -> None:
    """A wait that ends at its deadline says what it waited for and what it last saw."""
    with pytest.raises(AssertionError, match="in vain for the moon; last answer: 0"):
        wait_until(lambda: 0, timeout_s=0.05, awaiting="the moon")


def test_waiting_returns_the_first_true_answer() -> None:
    """A wait hands back the answer that ended it."""
    answers = iter([0, "", 7])
    assert wait_until(lambda: next(answers)) == 7
