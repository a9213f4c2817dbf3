"""Connections of a console to somebody's database.

Named, impatient, and read-only unless an act is written.
"""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock, RLock
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from queuetui.backends import forks
from queuetui.backends.sql import console_sessions, mysql_address, postgresql_address, sqlite_address
from queuetui.backends.sql.budget import limit_mariadb, limit_sqlite
from queuetui.backends.sql.console_sessions import LOCK_TIMEOUT_S, Patience
from queuetui.backends.sql.driver_errors import translated, unknown_when_lost
from queuetui.backends.sql.sqlite_address import SqliteAddress, is_file
from queuetui.backends.sql.sqlite_file import FileConnection, open_file
from queuetui.backends.sql.sqlite_lost_log import is_current, watch
from queuetui.model.errors import NotFound, QueueTuiError, Unsupported
from queuetui.model.interruption import Interrupted, current_interruption

_FORK_WAITS_S = 25.0
_DIALECTS = {
    "sqlite": "sqlite",
    "postgres": "postgresql",
    "postgresql": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
}
_ADDRESSES: dict[str, Callable[[str], object]] = {
    "sqlite": sqlite_address.read_address,
    "postgresql": postgresql_address.read_address,
    "mysql": mysql_address.read_address,
}


@dataclass(eq=False)
class ConsoleDatabase(forks.StoreHandle):
    """One database seen through two engines of at most one connection each.

    One that reads, one that writes. `functions` are ours that statements on a file of SQLite may call.
    """

    address: Any
    dialect: str
    statement_timeout_s: float
    connect_timeout_s: float
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    _engines: dict[bool, Engine] = field(default_factory=dict)
    _guard: Lock = field(default_factory=Lock)
    # Each engine has one connection, so that whoever waits for its turn would wait for that.
    _turns: dict[bool, RLock] = field(default_factory=lambda: {False: RLock(), True: RLock()})
    _held: list[RLock] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Hear of forks, and of lost logs."""
        super().__init__()
        if self.dialect == "sqlite":
            watch(self)

    @property
    def patience(self) -> Patience:
        """How long it waits."""
        return Patience(self.statement_timeout_s, self.connect_timeout_s)

    def file_locks(self) -> Collection[RLock]:
        """Return the turns."""
        return self._turns.values()

    def before_fork(self) -> None:
        """Close what SQLite cannot share with a child, once nobody is at it."""
        if self.dialect != "sqlite":
            return
        self._held = [turn for turn in self._turns.values() if turn.acquire(timeout=_FORK_WAITS_S)]
        if len(self._held) == len(self._turns):
            self.close()

    def after_fork(self) -> None:
        """Let others go on."""
        held, self._held = self._held, []
        for turn in held:
            turn.release()

    def start_anew(self) -> None:
        """Forget both connections.

        A pool that was told to close them would say goodbye to the parent's server.
        """
        self._engines, self._guard = {}, Lock()
        self._turns, self._held = {False: RLock(), True: RLock()}, []

    @contextmanager
    def reading(self, doing: str) -> Iterator[Connection]:
        """Open one short read-only transaction with one picture of the data.

        Raises Interrupted where it is broken off.
        """
        with (
            self._turns[False],
            translated(doing),
            self._engine(writes=False).connect() as connection,
            self._interruptible(connection),
            connection.begin(),
        ):
            yield connection
            driver_connection: Any = connection.connection.dbapi_connection
            if isinstance(driver_connection, FileConnection):
                driver_connection.require_still(self.address.path.absolute())

    @contextmanager
    def writing(self, doing: str) -> Iterator[Connection]:
        """Open one transaction that commits at the end; a connection lost by then raises UnknownOutcome."""
        with self._turns[True], translated(doing), self._engine(writes=True).connect() as connection:
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

    @contextmanager
    def _interruptible(self, connection: Connection) -> Iterator[None]:
        """Let the read be ended on the server.

        Its connection is not used again, as what was sent to end it may come late.
        """
        driver_connection = connection.connection.dbapi_connection
        try:
            with current_interruption().stopping_by(lambda: self._end_statement(driver_connection)):
                yield
        except Interrupted:
            connection.invalidate()
            raise

    def _end_statement(self, driver_connection: Any) -> None:  # noqa: ANN401 - each driver has its own
        """Tell the server to end the statement that runs.

        Where it cannot be told, the statement's own time limit is left.
        """
        with suppress(QueueTuiError), translated("ending a statement"):
            if self.dialect == "sqlite":
                driver_connection.interrupt()
            elif self.dialect == "postgresql":
                console_sessions.end_postgresql_statement(driver_connection, self.patience)
            else:
                console_sessions.end_mysql_statement(self.address, self.patience, driver_connection.thread_id())

    def _engine(self, *, writes: bool) -> Engine:
        with self._guard:
            if writes not in self._engines:
                self._engines[writes] = engine = _make_engine(self, writes=writes)
                if not writes:
                    event.listen(engine, "before_cursor_execute", lambda *_: current_interruption().check())
            return self._engines[writes]


def open_database(
    url: str,
    statement_timeout_s: float,
    connect_timeout_s: float,
    functions: Mapping[str, Callable[..., Any]] | None = None,
) -> ConsoleDatabase:
    """Return the database that a URL names, unconnected.

    Raises NotFound for an SQLite file that is not there.
    """
    dialect = _DIALECTS.get(url.partition("://")[0].partition("+")[0].lower())
    if dialect is None:
        raise Unsupported("that kind of database is not known here; use sqlite, postgresql or mysql")
    address = _ADDRESSES[dialect](url)
    if isinstance(address, SqliteAddress) and not is_file(address.path):
        raise NotFound(f"there is no SQLite file {str(address.path)!r}; check the path in the URL")
    return ConsoleDatabase(address, dialect, statement_timeout_s, connect_timeout_s, functions or {})


def _make_engine(database: ConsoleDatabase, *, writes: bool) -> Engine:
    makers = {"sqlite": _make_sqlite, "postgresql": _make_postgresql, "mysql": _make_mysql}
    try:
        return makers[database.dialect](database, writes=writes)
    except ModuleNotFoundError as error:
        raise Unsupported(
            f"the driver {error.name} is not installed; install it with: pip install {error.name}"
        ) from error


def _make_postgresql(database: ConsoleDatabase, *, writes: bool) -> Engine:
    sessions = console_sessions.postgresql_sessions(database.address, database.patience)
    engine = create_engine(
        "postgresql+psycopg://",
        creator=lambda: console_sessions.connect_to_postgresql(sessions, writes=writes),
        isolation_level=_LEVEL[writes],
        **_pool(writes=writes),
    )
    _distrust_rested(engine)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver_connection: Any = connection.connection.dbapi_connection
        sessions.begin(driver_connection)

    return engine


def _make_mysql(database: ConsoleDatabase, *, writes: bool) -> Engine:
    engine = create_engine(
        "mysql+pymysql://",
        creator=lambda: console_sessions.connect_to_mysql(database.address, database.patience, writes=writes),
        isolation_level=_LEVEL[writes],
        **_pool(writes=writes),
    )
    _distrust_rested(engine)

    @event.listens_for(engine, "before_cursor_execute", retval=True)
    def limit_statement(connection: Connection, _: object, statement: str, values: Any, *__: object) -> tuple[str, Any]:  # noqa: ANN401 - the driver's own
        return limit_mariadb(connection, statement), values

    return engine


def _distrust_rested(engine: Engine) -> None:
    """Make a connection anew that its server has closed, or may have, as nobody used it for long."""

    @event.listens_for(engine, "checkin")
    def keep_time(_: object, record: ConnectionPoolEntry) -> None:
        record.info["used_s"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def look(kept: object, record: ConnectionPoolEntry, *_: object) -> None:
        rested_s = time.monotonic() - record.info.pop("used_s", math.inf)
        if rested_s > console_sessions.RESTED_S or console_sessions.is_cut_off(kept):
            raise DisconnectionError


def _make_sqlite(database: ConsoleDatabase, *, writes: bool) -> Engine:
    path = database.address.path.absolute()
    writes = writes and not database.address.read_only

    def connect() -> sqlite3.Connection:
        connection = open_file(path, "rw" if writes else "ro", timeout=LOCK_TIMEOUT_S)
        connection.execute(f"PRAGMA query_only = {int(not writes)}")
        for name, answer in database.functions.items():
            connection.create_function(name, -1, answer, deterministic=True)
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, **_pool(writes=writes))

    @event.listens_for(engine, "checkout")
    def follow(connection: FileConnection, *_: object) -> None:
        if not is_current(connection, path):
            raise DisconnectionError

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # An act takes the write lock first: a transaction that reads and then writes could else fail halfway.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "before_cursor_execute")
    def limit_statement(connection: Connection, *_: object) -> None:
        # Each statement has the time anew: what is done here with the rows of one is no part of the next one's.
        limit_sqlite(connection, database.statement_timeout_s)

    return engine


_LEVEL = {True: "READ COMMITTED", False: "REPEATABLE READ"}
_POOL: dict[str, Any] = {
    "pool_size": 1,
    "max_overflow": 0,
    "pool_timeout": 30,
    # Never show bound values in an error: they are other people's data.
    "hide_parameters": True,
    # Looking for tables that a statement forgot to join takes a third of the time of compiling it.
    "enable_from_linting": False,
}


def _pool(*, writes: bool) -> dict[str, Any]:
    """An act tries its connection first; a poll does not pay for that, since the next one comes anyway."""
    return _POOL | {"pool_pre_ping": writes}
