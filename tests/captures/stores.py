"""The stores that captures are of: how one is loaded, emptied and read back whole, past the backend under test."""

from __future__ import annotations

import base64
import json
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import redis

from queuetui.backends.address_options import take_beside
from queuetui.model.urls import BESIDE
from tests.backends.captures import query, query_each, run_script, sqlite_path

_TABLES = (
    "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables "
    "where schemaname not in ('pg_catalog', 'information_schema') order by 1"
)
_SCHEMAS = "select distinct schemaname from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"

_READERS = {
    "postgresql": "do $$ begin create role reader login password 'word'; exception when duplicate_object then null; end $$;"
    "grant select on all tables in schema public to reader",
    "mysql": "create user if not exists reader identified by 'word';\ngrant select on `{database}`.* to reader",
}


class Store(ABC):
    """One kind of store; `core` names the core that its products stand on, `server` the fixture of its server."""

    core: str
    server: str

    @abstractmethod
    def load(self, file: Path, url: str) -> None:
        """Put a capture into an empty database."""

    @abstractmethod
    def empty(self, url: str) -> None:
        """Take everything out of a database."""

    @abstractmethod
    def dump(self, url: str) -> dict[Any, Any]:
        """Return all that a database holds."""


class PostgresStore(Store):
    """A dump of SQL, run by PostgreSQL."""

    core, server = "tables", "postgres_server"

    def load(self, file: Path, url: str) -> None:
        run_script(url, file.read_text(encoding="utf-8"))

    def empty(self, url: str) -> None:
        drops = [f'drop schema "{schema}" cascade' for (schema,) in query(url, _SCHEMAS)]
        query_each(url, [*drops, "create schema if not exists public"])

    def dump(self, url: str) -> dict[Any, Any]:
        tables = [name for (name,) in query(url, _TABLES)]
        rows = query_each(url, [f"select one::text from {name} one order by 1" for name in tables])
        return dict(zip(tables, rows, strict=True))


class MariaDbStore(Store):
    """A dump of SQL, run by MariaDB."""

    core, server = "tables", "mysql_server"

    def load(self, file: Path, url: str) -> None:
        run_script(url, file.read_text(encoding="utf-8"))

    def empty(self, url: str) -> None:
        names = [name for (name,) in query(url, "show tables")]
        query_each(url, [f"set statement foreign_key_checks = 0 for drop table `{name}`" for name in names])

    def dump(self, url: str) -> dict[Any, Any]:
        names = [name for (name,) in query(url, "show tables")]
        rows = query_each(url, [f"select * from `{name}`" for name in names])
        return {name: sorted(map(str, some)) for name, some in zip(names, rows, strict=True)}


class SqliteStore(Store):
    """A dump of SQL, run by SQLite into a file."""

    core, server = "tables", "sqlite_folder"

    def load(self, file: Path, url: str) -> None:
        run_script(url, file.read_text(encoding="utf-8"))

    def empty(self, url: str) -> None:
        Path(sqlite_path(url)).unlink()

    def dump(self, url: str) -> dict[Any, Any]:
        names = [name for (name,) in query(url, "select name from sqlite_master where type = 'table'")]
        return {name: sorted(map(str, query(url, f'select * from "{name}"'))) for name in names}


class SqliteFolder:
    """Where a session's files of SQLite are made, as a server makes databases."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create_database(self) -> str:
        """Return the URL of a file that does not exist yet."""
        return f"sqlite:///{self._path / uuid4().hex}.db"

    def drop_database(self, url: str) -> None:
        """Remove a file that was made."""
        Path(sqlite_path(url)).unlink(missing_ok=True)


class RedisStore(Store):
    """A file with a key a line."""

    core, server = "keys", "redis_server"

    def load(self, file: Path, url: str) -> None:
        with redis.Redis.from_url(url) as client:
            for line in file.read_text(encoding="utf-8").splitlines():
                _put(client, json.loads(line))

    def empty(self, url: str) -> None:
        with redis.Redis.from_url(url) as client:
            client.flushdb()

    def dump(self, url: str) -> dict[Any, Any]:
        return dump_keys(url)


class JoinedStore(Store):
    """A store of jobs with the file of a second one beside it, where a product keeps the rest; one URL names both."""

    def __init__(self, first: Store, second: Store, file: Path) -> None:
        self.core, self.server = first.core, first.server
        self._first, self._second, self._file = first, second, file

    def load(self, file: Path, url: str) -> None:
        first, second = take_beside(url)
        self._first.load(file, first)
        self._second.load(self._file, second)

    def empty(self, url: str) -> None:
        first, second = take_beside(url)
        self._first.empty(first)
        self._second.empty(second)

    def dump(self, url: str) -> dict[Any, Any]:
        first, second = take_beside(url)
        return {**self._first.dump(first), **self._second.dump(second)}


class JoinedServers:
    """The servers of two stores, whose databases are made and dropped together."""

    def __init__(self, first: Any, second: Any) -> None:
        self._servers = (first, second)

    def create_database(self) -> str:
        """Return the URL of an empty database of the first, with that of one of the second in it."""
        first, second = (server.create_database() for server in self._servers)
        return f"{first}?{BESIDE}={second}"

    def drop_database(self, url: str) -> None:
        """Drop both."""
        for server, each in zip(self._servers, take_beside(url), strict=True):
            server.drop_database(each)


def let_read(url: str) -> str:
    """Return a URL whose second store, where it names one, is opened by a user who may only read."""
    first, second = take_beside(url)
    if not second:
        return url
    if second.startswith("sqlite:"):
        return f"{first}?{BESIDE}={second}?mode=ro"
    parts = urlsplit(second)
    run_script(second, _READERS[parts.scheme.partition("+")[0]].format(database=parts.path.lstrip("/")))
    reader = parts._replace(netloc=f"reader:word@{parts.netloc.rpartition('@')[2]}").geturl()
    return f"{first}?{BESIDE}={reader}"


def redis_client(url: str) -> Any:
    """Return a plain client of the Redis that a URL names, whatever it names beside it."""
    return redis.Redis.from_url(take_beside(url)[0])


def dump_keys(url: str) -> dict[bytes, tuple[bytes, Any]]:
    """Return every key of a Redis database with its type and value."""
    with redis.Redis.from_url(url) as client:
        found = {}
        for key in client.keys("*"):
            kind = client.type(key)
            found[key] = (kind, _read(client, key, kind))
        return found


def changed_keys(before: dict[bytes, tuple[bytes, Any]], after: dict[bytes, tuple[bytes, Any]]) -> dict[bytes, Any]:
    """Return the keys that two dumps differ in, with their later values."""
    return {
        key: after.get(key, (b"", None))[1] for key in before.keys() | after.keys() if before.get(key) != after.get(key)
    }


def _put(client: Any, stored: dict[str, Any]) -> None:
    key, value = _bytes(stored["key"]), stored["value"]
    match stored["type"]:
        case "string":
            client.set(key, _bytes(value))
        case "list":
            client.rpush(key, *map(_bytes, value))
        case "set":
            client.sadd(key, *map(_bytes, value))
        case "hash":
            client.hset(key, mapping={_bytes(name): _bytes(one) for name, one in value})
        case "zset":
            client.zadd(key, {_bytes(member): float(score) for member, score in value})
        case _:
            for entry, fields in value["entries"]:
                client.xadd(key, {_bytes(name): _bytes(one) for name, one in fields}, id=entry)
    if stored["pttl"] > 0:
        # Long enough that a slow run of the tests loses none.
        client.pexpire(key, stored["pttl"] + 600_000)


def _bytes(value: Any) -> bytes:
    return base64.b64decode(value["b64"]) if isinstance(value, dict) else str(value).encode()


def _read(client: Any, key: bytes, kind: bytes) -> Any:
    match kind:
        case b"string":
            return client.get(key)
        case b"list":
            return client.lrange(key, 0, -1)
        case b"set":
            return client.smembers(key)
        case b"hash":
            return client.hgetall(key)
        case b"zset":
            return client.zrange(key, 0, -1, withscores=True)
        case _:
            return client.xrange(key)


# By the file of a capture's folder.
STORES: dict[str, Store] = {
    "dump.postgres.sql": PostgresStore(),
    "dump.mariadb.sql": MariaDbStore(),
    "dump.sqlite.sql": SqliteStore(),
    "keys.jsonl": RedisStore(),
}
