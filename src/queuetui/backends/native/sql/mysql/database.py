"""A MySQL or MariaDB database: a few connections of our own for short statements in strict mode."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.native.sql.database import Database, check_joinable
from queuetui.backends.native.sql.mysql.session import COLLATIONS, MysqlSession, PackedSession, SchemaSession
from queuetui.backends.native.sql.session import Session
from queuetui.backends.sql import mysql_sessions
from queuetui.backends.sql.driver_errors import translated, unknown_when_lost
from queuetui.backends.sql.idle_connections import has_ended
from queuetui.backends.sql.mysql_address import read_address
from queuetui.model.chance import CHANCE
from queuetui.model.errors import Conflict, Unreachable, Unsupported

if TYPE_CHECKING:
    import pymysql
    from pymysql.cursors import Cursor
    from sqlalchemy import Connection

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.backends.sql.console_sessions import ServerReader
    from queuetui.model.job_id import Span

T = TypeVar("T")
CONNECTIONS = 8
TRIES = 8
PATIENCE_S = 20.0
STATEMENT_TIMEOUT_S = 30
# The server ends a statement after its timeout: an answer that is later than this will not come.
ANSWER_WITHIN_S = STATEMENT_TIMEOUT_S + 5.0
LOCK_TIMEOUT_S = 10
SCHEMA_LOCK_S = 30
# Servers close idle connections: one that was idle for longer than this is not reused.
IDLE_S = 30.0
# The smallest packet limit of common configurations, larger than any statement of a console.
LEAST_PACKET_BYTES = 1 << 20
OLDEST = {"MySQL": (8, 0), "MariaDB": (10, 6)}
OURS = "select table_name from information_schema.tables where table_schema = database() and left(table_name, 9) = 'queuetui_'"


class MysqlDatabase(Database):
    """A server reached by PyMySQL."""

    dialect = "mysql"

    def __init__(self, url: str, options: BackendOptions) -> None:
        super().__init__(url, options)
        self._address = read_address(url)
        self._version = ""
        self._packet_bytes = 0
        self.start_anew()

    def start_anew(self) -> None:
        """Begin without a connection."""
        super().start_anew()
        self._idle: list[tuple[float, pymysql.Connection[Cursor]]] = []
        self._idle_lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def create(self) -> None:
        """Check that the server can hold a queue; its administrator creates the database; raises Unsupported."""
        with translated("asking for the server's version"), self._borrowed():
            kind, version = self._kind, self._version
        found = re.match(r"(\d+)\.(\d+)", version)
        if found is None or (int(found[1]), int(found[2])) < OLDEST[kind]:
            oldest = ".".join(map(str, OLDEST[kind]))
            raise Unsupported(
                f"the server is {kind} {version[:40]} and a queue needs {kind} {oldest} or newer: rows could not be skipped"
            )

    def write(self, doing: str, work: Callable[[Session], T], *, verbatim: bool = False) -> T:
        """Do work in one transaction; repeat it after a deadlock or a lock wait timeout.

        A commit whose answer is lost raises UnknownOutcome.
        """
        return self._until_done(doing, lambda: self._in_transaction(work, unknown_when_lost(doing)))

    def read(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that only reads."""
        return self._until_done(doing, lambda: self._in_transaction(work, nullcontext()))

    def picture(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that reads one snapshot of the data, within the time that a console waits, until cancelled."""
        with self._reader.reading(doing) as connection:
            return work(PackedSession(connection, LEAST_PACKET_BYTES))

    def change_schema(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work under a named lock.

        Each change of a schema commits by itself, so tables that failed work made are dropped.
        """
        with translated(doing), self._borrowed() as connection, connection.cursor() as cursor:
            name = f"queuetui schema {self._address['database']}"[:64]
            cursor.execute("select get_lock(%s, %s)", (name, SCHEMA_LOCK_S))
            if cursor.fetchone() != (1,):
                raise Unreachable(
                    f"{doing} failed: another process changes the schema for over {SCHEMA_LOCK_S} s; look for one that hangs"
                )
            try:
                return self._change_or_undo(connection, work)
            finally:
                # The server releases the lock of a lost connection.
                if connection.open:
                    cursor.execute("select release_lock(%s)", (name,))

    def join(self, connection: Connection) -> Session:
        """Return a session inside a caller's transaction."""
        check_joinable(connection, "mysql", "pymysql")
        return MysqlSession(connection.exec_driver_sql)

    def find_between(self, connection: Connection, spans: Sequence[Span]) -> Iterable[tuple[str, int]]:
        """Look into all spans in one statement."""
        session = self.join(connection)
        digits = [(low.replace("-", ""), high.replace("-", "")) for low, high in spans]
        return [(session.id_out(found), rev) for found, rev in session.rows("find_between", spans=json.dumps(digits))]

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Return None: the server has no notifications, workers poll."""
        return None

    def announce(self, queues: Collection[str]) -> None:
        """Do nothing: the server has no notifications."""

    def close(self) -> None:
        """Give back every connection."""
        self.close_console()
        self._drop_idle()
        if "_reader" in vars(self):
            self._reader.close()

    @cached_property
    def _reader(self) -> ServerReader:
        from queuetui.backends.sql.console_sessions import read_server

        return read_server(self.url, self.options)

    @property
    def _kind(self) -> str:
        return "MariaDB" if "mariadb" in self._version.lower() else "MySQL"

    def _until_done(self, doing: str, once: Callable[[], T]) -> T:
        until_s = time.monotonic() + PATIENCE_S
        for tries_left in reversed(range(TRIES)):
            try:
                with translated(doing):
                    return once()
            except Conflict as error:
                if not tries_left or time.monotonic() > until_s:
                    raise Unreachable(str(error)) from error
                threading.Event().wait(CHANCE.uniform(0.0, 0.02))
        raise AssertionError

    def _in_transaction(self, work: Callable[[Session], T], committing: AbstractContextManager[None]) -> T:
        with self._borrowed() as connection:
            try:
                answer = work(PackedSession(connection, self._packet_bytes))
                with committing:
                    connection.commit()
            except Exception:
                if connection.open:
                    connection.rollback()
                raise
            except BaseException:
                # The read stopped within an answer, the rest of which would be taken for the next answer.
                connection.close()
                raise
            return answer

    def _change_or_undo(self, connection: pymysql.Connection[Cursor], work: Callable[[Session], T]) -> T:
        session = SchemaSession(connection, self._packet_bytes, COLLATIONS[self._kind])
        before = {row[0] for row in session.execute(OURS, {}).fetchall()}
        try:
            answer = work(session)
            connection.commit()
        except BaseException:
            if connection.open:
                for (table,) in session.execute(OURS, {}).fetchall():
                    if table not in before:
                        session.execute(f"drop table {table}", {})
            raise
        return answer

    @contextmanager
    def _borrowed(self) -> Iterator[pymysql.Connection[Cursor]]:
        with self._places:
            connection = self._take_idle() or self._connect()
            try:
                yield connection
            finally:
                if connection.open:
                    with self._idle_lock:
                        self._idle.append((time.monotonic(), connection))
                else:
                    # When the server has gone away, the idle connections are lost too.
                    self._drop_idle()

    def _take_idle(self) -> pymysql.Connection[Cursor] | None:
        with self._idle_lock:
            while self._idle:
                since_s, connection = self._idle.pop()
                # The driver has no public access to its socket.
                if time.monotonic() - since_s < IDLE_S and not has_ended(vars(connection)["_sock"].fileno()):
                    return connection
                connection.close()
        return None

    def _drop_idle(self) -> None:
        with self._idle_lock:
            idle, self._idle = self._idle, []
        for _, connection in idle:
            connection.close()

    def _connect(self) -> pymysql.Connection[Cursor]:
        with translated("connecting to the MySQL server"):
            # The driver's package is imported first, so that an ImportError names it and not one of its modules.
            import pymysql  # noqa: F401 - see above
            from pymysql.constants import CLIENT

            connection = mysql_sessions.connect(
                self._address,
                writes=True,
                statement_s=STATEMENT_TIMEOUT_S,
                lock_s=LOCK_TIMEOUT_S,
                client_flag=CLIENT.MULTI_STATEMENTS,
                connect_timeout=max(1, round(self.options.connect_timeout_s)),
                read_timeout=ANSWER_WITHIN_S,
                write_timeout=ANSWER_WITHIN_S,
            )
            with connection.cursor() as cursor:
                cursor.execute("select version(), @@max_allowed_packet")
                ((self._version, self._packet_bytes),) = cursor.fetchall()
        return connection
