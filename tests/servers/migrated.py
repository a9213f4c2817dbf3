"""One database with our tables a server and test process, emptied for each test that asks for it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import psycopg
import pymysql

from queuetui.backends.base import BackendOptions
from queuetui.backends.registry import open_native
from tests.servers.mysql import connect_mysql
from tests.servers.postgres import PostgresServer

# What a test may have changed beside rows; a database that differs is not used again.
_POSTGRES_SHAPE = """
select
    (select jsonb_agg(jsonb_build_array(relname, relkind, reloptions) order by relname, relkind) from pg_class
        where relnamespace = 'public'::regnamespace),
    (select count(*) from pg_attribute where attrelid >= 16384 and not attisdropped),
    (select count(*) from pg_proc where pronamespace = 'public'::regnamespace),
    (select count(*) from pg_trigger),
    (select jsonb_agg(setconfig) from pg_db_role_setting
        where setdatabase = (select oid from pg_database where datname = current_database())),
    (select jsonb_object_agg(name, value) from public.queuetui_meta)
"""
# A table whose file has grown is cut, so that no plan is made for what earlier tests left behind.
_EMPTY_POSTGRES = """
do $$
declare kept record;
begin
    for kept in select oid::regclass as name, pg_relation_size(oid) > 262144 as grown from pg_class
        where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> 'queuetui_meta'
    loop
        execute format(case when kept.grown then 'truncate %s' else 'delete from %s' end, kept.name);
    end loop;
end $$
"""
_LEAVE_POSTGRES = """
select pg_terminate_backend(pid, 2000) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
"""
_MYSQL_SHAPES = (
    "select table_name, create_time from information_schema.tables where table_schema = database() order by 1",
    "select @@character_set_database, @@collation_database",
    "select name, value from queuetui_meta order by 1",
)
_MYSQL_OTHERS = "select id from information_schema.processlist where db = database() and id <> connection_id()"


class Server(Protocol):
    """What makes databases."""

    def create_database(self) -> str:
        """Make an empty database and return its URL."""
        ...

    def drop_database(self, url: str) -> None:
        """Drop a database, whoever is still connected."""
        ...


class Emptier(Protocol):
    """A kept connection to one database."""

    def read_shape(self) -> object:
        """Return all that is no row of a test."""
        ...

    def empty(self) -> None:
        """Cut all other connections and delete every row of a test."""
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


class MigratedDatabase:
    """A database with our tables and no row, the same one for every test unless one changed more than rows."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._url: str | None = None
        self._emptier: Emptier | None = None
        self._shape: object = None

    def take(self) -> str:
        """Return the URL of the database, empty."""
        if self._url is None or not self._made_empty():
            self.remove()
            self._make()
        assert self._url is not None
        return self._url

    def remove(self) -> None:
        """Drop the database."""
        if self._emptier is not None:
            self._emptier.close()
            self._emptier = None
        if self._url is not None:
            self._server.drop_database(self._url)
            self._url = None

    def _make(self) -> None:
        self._url = self._server.create_database()
        open_native(self._url, BackendOptions(create=True)).close()
        postgres = isinstance(self._server, PostgresServer)
        self._emptier = PostgresEmptier(self._url) if postgres else MysqlEmptier(self._url)
        self._shape = self._emptier.read_shape()

    def _made_empty(self) -> bool:
        assert self._emptier is not None
        try:
            self._emptier.empty()
            return self._emptier.read_shape() == self._shape
        except (psycopg.Error, pymysql.Error):
            return False


class PostgresEmptier:
    """A kept connection that empties a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._connection = psycopg.connect(url, autocommit=True, options="-c lock_timeout=2s")

    def read_shape(self) -> object:
        """Return all that is no row of a test."""
        return self._connection.execute(_POSTGRES_SHAPE.encode()).fetchone()

    def empty(self) -> None:
        """Cut all other connections and delete every row of a test."""
        self._connection.execute(_LEAVE_POSTGRES)
        self._connection.execute(_EMPTY_POSTGRES)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class MysqlEmptier:
    """A kept connection that empties a MariaDB or MySQL database."""

    def __init__(self, url: str) -> None:
        self._connection = connect_mysql(url)
        self._read("set lock_wait_timeout = 2, innodb_lock_wait_timeout = 2")
        found = self._read("select table_name from information_schema.tables where table_schema = database()")
        self._tables = [name for (name,) in found if name != "queuetui_meta"]

    def read_shape(self) -> object:
        """Return all that is no row of a test."""
        return [self._read(statement) for statement in _MYSQL_SHAPES]

    def empty(self) -> None:
        """Cut all other connections and delete every row of a test."""
        for (number,) in self._read(_MYSQL_OTHERS):
            self._kill(number)
        for name in self._tables:
            self._read(f"delete from {name}")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _kill(self, number: int) -> None:
        try:
            self._read(f"kill {number}")
        except pymysql.Error as error:
            # It left by itself.
            if error.args[0] != pymysql.constants.ER.NO_SUCH_THREAD:
                raise

    def _read(self, statement: str) -> Sequence[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return tuple(cursor.fetchall())


def copy_sqlite(template: Path, folder: Path) -> str:
    """Return the URL of a copy of an SQLite file in a folder."""
    copy = folder / f"{uuid4().hex}.db"
    shutil.copyfile(template, copy)
    return f"sqlite:///{copy}"
