"""Connections of a console to somebody's database: named, impatient, and read-only unless an act is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from queuetui.backends.driver_errors import translated, unknown_when_lost
from queuetui.model.errors import NotFound, Unsupported

APPLICATION_NAME = "queuetui"
LOCK_TIMEOUT_S = 1.0
_IDLE_LIMIT_S = 10
_STEPS_BETWEEN_CHECKS = 10_000
_DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mysql+pymysql",
}


@dataclass(slots=True)
class ConsoleDatabase:
    """One database seen through two engines of at most one connection each: one that reads, one that writes."""

    url: URL
    statement_timeout_s: float
    connect_timeout_s: float
    _engines: dict[bool, Engine] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)

    @property
    def dialect(self) -> str:
        """The family of the database: sqlite, postgresql or mysql."""
        return self.url.get_backend_name()

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """Open one short read-only transaction with one picture of the data."""
        with translated(doing), self._engine(writes=False).connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, doing: str) -> Iterator[Connection]:
        """Open one transaction that commits at the end; a connection lost by then raises UnknownOutcome."""
        with translated(doing), self._engine(writes=True).connect() as connection:
            transaction = connection.begin()
            try:
                yield connection
            except BaseException:
                transaction.rollback()
                raise
            with unknown_when_lost(doing):
                transaction.commit()

    def close(self) -> None:
        """Give back both connections."""
        with self._guard:
            for engine in self._engines.values():
                engine.dispose()
            self._engines.clear()

    def _engine(self, *, writes: bool) -> Engine:
        with self._guard:
            if writes not in self._engines:
                self._engines[writes] = _make_engine(self, writes=writes)
            return self._engines[writes]


def open_database(url: str, statement_timeout_s: float, connect_timeout_s: float) -> ConsoleDatabase:
    """Return the database that a URL names, unconnected. Raises NotFound for an SQLite file that is not there."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Unsupported("the database URL cannot be read; write it like postgresql://user@host/name") from error
    driver = _DRIVERS.get(parsed.get_backend_name())
    if driver is None:
        raise Unsupported("that kind of database is not known here; use sqlite, postgresql or mysql")
    parsed = parsed.set(drivername=driver)
    if driver == "sqlite" and not Path(parsed.database or "").is_file():
        raise NotFound(f"there is no SQLite file {parsed.database or '(in memory)'!r}; check the path in the URL")
    return ConsoleDatabase(parsed, statement_timeout_s, connect_timeout_s)


def _make_engine(database: ConsoleDatabase, *, writes: bool) -> Engine:
    makers = {"sqlite": _make_sqlite, "postgresql": _make_postgresql, "mysql": _make_mysql}
    try:
        return makers[database.dialect](database, writes=writes)
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"the driver {error.name} is not installed; install it with: pip install {error.name}"
        ) from error


def _make_postgresql(database: ConsoleDatabase, *, writes: bool) -> Engine:
    settings = {
        "statement_timeout": int(database.statement_timeout_s * 1000),
        "lock_timeout": int(LOCK_TIMEOUT_S * 1000),
        "idle_in_transaction_session_timeout": _IDLE_LIMIT_S * 1000,
        "default_transaction_read_only": "off" if writes else "on",
    }
    arguments = {
        "application_name": APPLICATION_NAME,
        "connect_timeout": max(1, round(database.connect_timeout_s)),
        "options": " ".join(
            [*_given_options(database.url), *(f"-c {name}={value}" for name, value in settings.items())]
        ),
        # A prepared statement would outlive a connection pooler's idea of the session.
        "prepare_threshold": None,
    }
    return create_engine(database.url, connect_args=arguments, isolation_level=_LEVEL[writes], **_pool(writes=writes))


def _given_options(url: URL) -> tuple[str, ...]:
    """Keep what the URL itself sets, a search_path for one."""
    given = url.query.get("options", ())
    return (given,) if isinstance(given, str) else given


def _make_mysql(database: ConsoleDatabase, *, writes: bool) -> Engine:
    wait_s = max(1, round(database.statement_timeout_s))
    arguments: dict[str, Any] = {
        "connect_timeout": max(1, round(database.connect_timeout_s)),
        "read_timeout": wait_s + _IDLE_LIMIT_S,
        "write_timeout": wait_s + _IDLE_LIMIT_S,
        "program_name": APPLICATION_NAME,
        "charset": "utf8mb4",
        "init_command": (
            f"SET time_zone = '+00:00', lock_wait_timeout = {max(1, round(LOCK_TIMEOUT_S))}, "
            f"innodb_lock_wait_timeout = {max(1, round(LOCK_TIMEOUT_S))}"
        ),
    }
    engine = create_engine(database.url, connect_args=arguments, isolation_level=_LEVEL[writes], **_pool(writes=writes))

    @event.listens_for(engine, "connect")
    def limit_session(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        # MariaDB and MySQL name their statement timeouts differently, in seconds and in milliseconds.
        is_mariadb = "mariadb" in str(connection.get_server_info()).lower()
        name, value = ("max_statement_time", wait_s) if is_mariadb else ("max_execution_time", wait_s * 1000)
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION {name} = {value}")
            if not writes:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")

    return engine


def _make_sqlite(database: ConsoleDatabase, *, writes: bool) -> Engine:
    path = Path(database.url.database or "").absolute()
    uri = f"file:{quote(str(path))}?mode={'rw' if writes else 'ro'}"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(
            uri, uri=True, timeout=LOCK_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        # A text that is not UTF-8 must not fail the rows around it.
        connection.text_factory = _decode
        connection.execute(f"PRAGMA query_only = {int(not writes)}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, **_pool(writes=writes))

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        deadline = monotonic() + database.statement_timeout_s
        driver_connection: Any = connection.connection.dbapi_connection
        driver_connection.set_progress_handler(lambda: monotonic() > deadline, _STEPS_BETWEEN_CHECKS)
        # An act takes the write lock first: a transaction that reads and then writes could else fail halfway.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _decode(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


_LEVEL = {True: "READ COMMITTED", False: "REPEATABLE READ"}
_POOL: dict[str, Any] = {
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 30,
    # Never show bound values in an error: they are other people's data.
    "hide_parameters": True,
}


def _pool(*, writes: bool) -> dict[str, Any]:
    """An act tries its connection first; a poll does not pay for that, since the next one comes anyway."""
    return _POOL | {"pool_pre_ping": writes}
