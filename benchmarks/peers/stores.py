"""Private servers with durable settings, and a store made anew for each run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path

import psycopg

from benchmarks.peers.environments import NotRun
from tests.servers.identity import identity_for
from tests.servers.postgres import PostgresServer, find_postgres, start_postgres
from tests.servers.redis import find_redis, start_redis

POSTGRES_SETTINGS = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB")


class Store(StrEnum):
    """Where jobs are kept."""

    POSTGRESQL = "PostgreSQL"
    REDIS = "Redis"
    REDIS_ALWAYS = "Redis, fsync always"
    SQLITE = "SQLite"


class Stores:
    """The servers of one benchmark; PostgreSQL is started once, Redis for each run."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._postgres: PostgresServer | None = None

    def close(self) -> None:
        """End every server."""
        self._open.close()

    @contextmanager
    def fresh(self, store: Store) -> Iterator[str]:
        """Give the URL of a store that nobody has used. Raises NotRun when it cannot be had here."""
        if store is Store.SQLITE:
            with tempfile.TemporaryDirectory(prefix="qt-bench-") as folder:
                yield f"sqlite:///{Path(folder) / 'queue.db'}"
        elif store is Store.POSTGRESQL:
            yield from self._fresh_database()
        else:
            yield from _fresh_redis("always" if store is Store.REDIS_ALWAYS else "everysec")

    def _fresh_database(self) -> Iterator[str]:
        if self._postgres is None:
            found = find_postgres()
            if found is None:
                raise NotRun("no PostgreSQL server was found; install the development requirements")
            self._postgres = start_postgres(*found, settings=POSTGRES_SETTINGS)
            self._open.callback(self._postgres.remove)
        url = self._postgres.create_database()
        # What earlier runs left to be written is written now and not in the middle of this one.
        with psycopg.connect(self._postgres.admin_url, autocommit=True) as connection:
            connection.execute("checkpoint")
        yield url
        self._postgres.drop_database(url)


def _fresh_redis(appendfsync: str) -> Iterator[str]:
    system = shutil.which("redis-server")
    identity = None if system is None else identity_for(Path(system))
    found = find_redis() if system is None or identity is None else (Path(system), identity)
    if found is None:
        raise NotRun("no Redis or Valkey server was found; install the development requirements")
    server = start_redis(*found, settings={"appendonly": "yes", "appendfsync": appendfsync})
    try:
        yield server.url
    finally:
        server.remove()
