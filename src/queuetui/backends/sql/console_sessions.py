"""Connections of a console by the driver alone: impatient, and read-only unless an act is written."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any

from queuetui.backends import forks
from queuetui.backends.sql import mysql_address, postgresql_address
from queuetui.backends.sql.driver_errors import is_driver_error, translated
from queuetui.backends.sql.idle_connections import has_ended
from queuetui.model.errors import QueueTuiError
from queuetui.model.interruption import current_interruption

if TYPE_CHECKING:
    import psycopg
    import pymysql
    from pymysql.cursors import Cursor

    from queuetui.backends.base import BackendOptions
    from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions

LOCK_TIMEOUT_S = 1.0
IDLE_LIMIT_S = 10
# A server, or what lies before it, closes what was silent for long; a connection that rested so long is made anew.
RESTED_S = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a console waits for a statement and for a connection."""

    statement_s: float
    connect_s: float


def postgresql_sessions(address: Any, patience: Patience) -> PostgresqlSessions:  # noqa: ANN401 - each driver has its own
    """Return what opens a console's connections to a PostgreSQL server."""
    from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions

    settings = {
        "statement_timeout": str(int(patience.statement_s * 1000)),
        "lock_timeout": str(int(LOCK_TIMEOUT_S * 1000)),
        "idle_in_transaction_session_timeout": str(IDLE_LIMIT_S * 1000),
    }
    return PostgresqlSessions(address, settings, patience.connect_s)


def connect_to_postgresql(sessions: PostgresqlSessions, *, writes: bool) -> psycopg.Connection[Any]:
    """Return a new connection; raises the driver's errors."""
    import psycopg

    # A prepared statement would outlive a connection pooler's idea of the session.
    connection = sessions.connect(psycopg.Connection, prepare_threshold=None)
    connection.autocommit = False
    connection.read_only = not writes
    return connection


def connect_to_mysql(address: Mapping[str, Any], patience: Patience, *, writes: bool) -> pymysql.Connection[Cursor]:
    """Return a new connection; raises the driver's errors."""
    from queuetui.backends.sql.mysql_sessions import connect

    wait_s = max(1, round(patience.statement_s))
    return connect(
        address,
        writes=writes,
        statement_s=wait_s,
        lock_s=max(1, round(LOCK_TIMEOUT_S)),
        connect_timeout=max(1, round(patience.connect_s)),
        read_timeout=wait_s + IDLE_LIMIT_S,
        write_timeout=wait_s + IDLE_LIMIT_S,
    )


def is_cut_off(connection: Any) -> bool:  # noqa: ANN401 - each driver has its own
    """Tell whether a connection that rests has something to read, which is the farewell of its server."""
    try:
        descriptor = connection.fileno()
    except Exception as error:
        if not is_driver_error(error):
            raise
        return True
    return has_ended(descriptor)


def end_postgresql_statement(connection: psycopg.Connection[Any], patience: Patience) -> None:
    """End the statement that another thread waits for."""
    connection.cancel_safe(timeout=patience.connect_s)


def end_mysql_statement(address: Mapping[str, Any], patience: Patience, thread_id: int) -> None:
    """End the statement that another session of the same user runs.

    This needs no further right, and a connection of its own.
    """
    with closing(connect_to_mysql(address, patience, writes=False)) as connection, connection.cursor() as cursor:
        cursor.execute(f"KILL QUERY {thread_id:d}")


@dataclass(eq=False)
class ServerReader(forks.StoreHandle):
    """One connection to a server that only reads, without SQLAlchemy; `dialect` is postgresql or mysql."""

    dialect: str
    address: Any
    patience: Patience
    _connection: Any = None
    _used_s: float = math.inf
    _turn: RLock = field(default_factory=RLock)
    _sessions: PostgresqlSessions | None = None

    def __post_init__(self) -> None:
        """Hear of forks."""
        super().__init__()

    def start_anew(self) -> None:
        """Forget the connection."""
        self._connection, self._turn = None, RLock()

    @contextmanager
    def reading(self, doing: str) -> Iterator[Any]:
        """Open one short read-only transaction with one picture of the data; yield the driver's connection.

        Raises Interrupted where it is broken off. A connection on which anything failed is not used again.
        """
        with self._turn, translated(doing):
            kept, rested_s = self._connection, time.monotonic() - self._used_s
            if rested_s > RESTED_S or (kept is not None and rested_s >= 0 and is_cut_off(kept)):
                self.close()
            # In use: what is read within it meanwhile does not take its connection away.
            self._used_s = math.inf
            connection = self._connection = self._connection or self._connect()
            try:
                with current_interruption().stopping_by(lambda: self._end_statement(connection)):
                    if self._sessions is not None:
                        self._sessions.begin(connection)
                    yield connection
                connection.rollback()
                self._used_s = time.monotonic()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Give the connection back."""
        with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(Exception):
                    connection.close()

    def _connect(self) -> Any:  # noqa: ANN401 - each driver has its own
        if self.dialect == "mysql":
            connection = connect_to_mysql(self.address, self.patience, writes=False)
            with connection.cursor() as cursor:
                cursor.execute("set session transaction isolation level repeatable read")
            return connection
        from psycopg import IsolationLevel

        self._sessions = self._sessions or postgresql_sessions(self.address, self.patience)
        opened = connect_to_postgresql(self._sessions, writes=False)
        opened.isolation_level = IsolationLevel.REPEATABLE_READ
        return opened

    def _end_statement(self, connection: Any) -> None:  # noqa: ANN401 - each driver has its own
        """Tell the server to end what runs; where it cannot be told, the statement's own time limit is left."""
        with suppress(QueueTuiError), translated("ending a statement"):
            if self.dialect == "postgresql":
                end_postgresql_statement(connection, self.patience)
            else:
                end_mysql_statement(self.address, self.patience, connection.thread_id())


def read_server(url: str, options: BackendOptions) -> ServerReader:
    """Return a reader of the server that a URL names, unconnected."""
    dialect = "mysql" if url.lower().startswith(("mysql", "mariadb")) else "postgresql"
    address = (mysql_address if dialect == "mysql" else postgresql_address).read_address(url)
    return ServerReader(dialect, address, Patience(options.statement_timeout_s, options.connect_timeout_s))
