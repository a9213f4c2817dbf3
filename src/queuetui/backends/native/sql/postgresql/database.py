"""A PostgreSQL database: a few connections of our own, set up for short statements by index."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from queuetui.backends.native.sql.database import Database, check_joinable
from queuetui.backends.native.sql.postgresql import event_days
from queuetui.backends.native.sql.postgresql.arrays import plain_array
from queuetui.backends.native.sql.postgresql.claim_start_hints import FloorBook
from queuetui.backends.native.sql.postgresql.session import PipelinedSession, PostgresqlSession
from queuetui.backends.native.sql.session import Session
from queuetui.backends.sql.driver_errors import translated, unknown_when_lost
from queuetui.backends.sql.idle_connections import has_ended
from queuetui.backends.sql.postgresql_address import read_address
from queuetui.backends.sql.postgresql_notices import PostgresqlNotices
from queuetui.model.chance import CHANCE
from queuetui.model.errors import BadPayload, Conflict, Denied, UnknownOutcome, Unreachable

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from queuetui.backends.base import BackendOptions, Listener
    from queuetui.backends.native.sql.postgresql.connection import PatientConnection
    from queuetui.backends.sql.console_sessions import ServerReader
    from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions
    from queuetui.model.job_id import Span

T = TypeVar("T")
CONNECTIONS = 8
TRIES = 4
STATEMENT_TIMEOUT_MS = 30_000
LOCK_TIMEOUT_MS = 10_000
READY, TOLD = "queuetui_ready", "queuetui_told"
# The worker's statements read few rows through known indexes. They are planned once for any table size, so they must not be planned
# with a sequential scan because the table was small at that moment.
PLANNER = {
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_nestloop": "on",
    "enable_indexscan": "on",
    "enable_indexonlyscan": "on",
    "jit": "off",
}
SESSION = {
    **PLANNER,
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "lock_timeout": str(LOCK_TIMEOUT_MS),
}


class PostgresqlDatabase(Database):
    """A server reached by psycopg."""

    dialect = "postgresql"
    writes_at_once = True

    def __init__(self, url: str, options: BackendOptions) -> None:
        super().__init__(url, options)
        self._address = read_address(url)
        self.floors = FloorBook()
        self.start_anew()

    def start_anew(self) -> None:
        """Begin without a connection."""
        super().start_anew()
        self._idle: list[PatientConnection] = []
        self._idle_lock = threading.Lock()
        self._places = threading.BoundedSemaphore(CONNECTIONS)

    def create(self) -> None:
        """Do nothing: the server's administrator creates the database."""

    def write(self, doing: str, work: Callable[[Session], T], *, verbatim: bool = False) -> T:
        """Do work in one transaction; repeat it when it was the victim of a deadlock.

        A commit whose answer is lost raises UnknownOutcome.
        """
        try:
            return self._until_done(doing, lambda: self._in_transaction(doing, work))
        except BadPayload:
            if verbatim:
                raise
        return self._until_done(doing, lambda: self._in_plain_text(doing, work))

    def write_at_once(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work of which every statement commits by itself, which saves the round trips of BEGIN and COMMIT.

        An answer that is lost raises UnknownOutcome.
        """
        return self._until_done(doing, lambda: self._bare(doing, work, unknown_when_lost(doing)))

    def read(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that only reads."""
        return self._until_done(doing, lambda: self._bare(doing, work, nullcontext()))

    def picture(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work that reads one snapshot of the data, within the time that a console waits, until cancelled."""
        with self._reader.reading(doing) as connection:
            return work(PostgresqlSession(connection.execute))

    def listen(self, hear: Callable[[str], None]) -> Listener | None:
        """Listen for enqueues on a separate connection; None behind a pooler."""
        return None if self.is_pooled() else PostgresqlNotices(self._connect, hear, READY)

    def listen_events(self, hear: Callable[[], None]) -> Listener | None:
        """Listen for events and enqueues on a separate connection; None behind a pooler."""
        return None if self.is_pooled() else PostgresqlNotices(self._connect, lambda _: hear(), READY, TOLD)

    def is_pooled(self) -> bool:
        """Tell whether a pooler stands before the server: poolers forward no notifications."""
        if self._sessions.pooled is None:
            with translated("connecting to PostgreSQL"), self._borrowed():
                pass
        return bool(self._sessions.pooled)

    def announce(self, queues: Collection[str]) -> None:
        """Do nothing: the statement that enqueues notifies."""

    def keep_event_days(self, kept_s: float) -> None:
        """Create and drop daily partitions of the log; skipped while another process holds the lock."""
        with suppress(Unreachable, Denied, UnknownOutcome):
            self.write("keeping the days of the log", lambda session: event_days.keep_days(session, kept_s))

    def join(self, connection: Connection) -> Session:
        """Return a session inside a caller's transaction."""
        check_joinable(connection, "postgresql", "psycopg")
        return PostgresqlSession(
            lambda sql, values: connection.exec_driver_sql(sql, values if isinstance(values, tuple) else dict(values))
        )

    def find_between(self, connection: Connection, spans: Sequence[Span]) -> Iterable[tuple[str, int]]:
        """Look into all spans in one statement."""
        ends = {"lows": plain_array(low for low, _ in spans), "highs": plain_array(high for _, high in spans)}
        return [(job_id, rev) for job_id, rev in self.join(connection).rows("find_between", **ends)]

    def close(self) -> None:
        """Give back every connection."""
        self.close_console()
        if "_reader" in vars(self):
            self._reader.close()
        with self._idle_lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _in_transaction(self, doing: str, work: Callable[[Session], T]) -> T:
        with self._borrowed() as connection:
            return self._commit(doing, connection, work)

    def _in_plain_text(self, doing: str, work: Callable[[Session], T]) -> T:
        """Do work on a connection of its own, with texts that every encoding holds.

        An error text that the database cannot encode must not fail the acknowledgement.
        """
        from queuetui.backends.sql.postgresql_sessions import PlainText

        with closing(self._connect()) as connection:
            connection.adapters.register_dumper(str, PlainText)
            return self._commit(doing, connection, work)

    def _commit(self, doing: str, connection: PatientConnection, work: Callable[[Session], T]) -> T:
        is_done = False
        try:
            with connection.transaction():
                self._sessions.begin(connection)
                answer = work(PipelinedSession(connection, self.floors))
                is_done = True
        except Exception:
            with unknown_when_lost(doing) if is_done else nullcontext():
                raise
        return answer

    def _bare(self, doing: str, work: Callable[[Session], T], committing: AbstractContextManager[None]) -> T:
        with self._borrowed() as connection:
            if not self._sessions.pooled:
                with committing:
                    return work(PipelinedSession(connection, self.floors))
        return self._in_transaction(doing, work)

    def _until_done(self, doing: str, once: Callable[[], T]) -> T:
        for tries_left in reversed(range(TRIES)):
            try:
                with translated(doing):
                    return once()
            except Conflict as error:
                if not tries_left:
                    raise Unreachable(str(error)) from error
                threading.Event().wait(CHANCE.uniform(0.0, 0.05))
        raise AssertionError

    @contextmanager
    def _borrowed(self) -> Iterator[PatientConnection]:
        with self._places:
            connection = self._take_idle() or self._connect()
            try:
                yield connection
            finally:
                self._give_back(connection)

    def _take_idle(self) -> PatientConnection | None:
        with self._idle_lock:
            while self._idle:
                connection = self._idle.pop()
                if not has_ended(connection.fileno()):
                    return connection
                connection.close()
        return None

    def _give_back(self, connection: PatientConnection) -> None:
        if connection.closed or connection.info.transaction_status:
            # When the server has gone away, the idle connections are lost too.
            with self._idle_lock:
                idle, self._idle = [connection, *self._idle], []
            for one in idle:
                one.close()
            return
        with self._idle_lock:
            self._idle.append(connection)

    @cached_property
    def _reader(self) -> ServerReader:
        from queuetui.backends.sql.console_sessions import read_server

        return read_server(self.url, self.options)

    @cached_property
    def _sessions(self) -> PostgresqlSessions:
        from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions

        return PostgresqlSessions(self._address, SESSION, max(2.0, self.options.connect_timeout_s))

    def _connect(self) -> PatientConnection:
        from queuetui.backends.native.sql.postgresql.connection import PatientConnection

        with translated("connecting to PostgreSQL"):
            connection = self._sessions.connect(
                PatientConnection,
                keepalives_idle=10,
                keepalives_interval=5,
                keepalives_count=3,
                tcp_user_timeout=STATEMENT_TIMEOUT_MS + 5000,
            )
        # Behind a pooler a prepared statement would outlive the transaction in another client's session.
        connection.prepare_threshold = None if self._sessions.pooled else 2
        return connection
