"""News of PostgreSQL: what others notify on its channels."""

from __future__ import annotations

import selectors
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from queuetui.backends import notices

if TYPE_CHECKING:
    import psycopg
    from psycopg.pq.abc import PGconn

    from queuetui.backends.sql.console_connection import ConsoleDatabase


class PostgresqlNotices(notices.Notices):
    """Listens to channels."""

    def __init__(
        self, connect: Callable[[], psycopg.Connection[Any]], hear: Callable[[str], None], *channels: str
    ) -> None:
        super().__init__(hear)
        self._connect = connect
        self._channels = channels
        self.start()

    def trouble(self) -> tuple[type[Exception], ...]:
        """Return the driver's errors, ours and the system's."""
        import psycopg

        from queuetui.model.errors import QueueTuiError

        return (psycopg.Error, QueueTuiError, OSError)

    def listen(self) -> None:
        """Hear until over."""
        with self._connect() as connection:
            self._listen_on(connection)

    def _listen_on(self, connection: psycopg.Connection[Any]) -> None:
        # What comes while the driver waits for an answer is handed over by it.
        connection.add_notify_handler(lambda notice: self.hear(notice.payload))
        from psycopg.sql import SQL, Identifier

        for channel in self._channels:
            connection.execute(SQL("listen {}").format(Identifier(channel)))
        asked_s = monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(connection.fileno(), selectors.EVENT_READ)
            while not self.over.is_set():
                # The driver's own wait does much before and after each notice, and holds the interpreter meanwhile.
                if selector.select(notices.LOOK_UP_S):
                    self._take(connection.pgconn)
                if monotonic() - asked_s > notices.HEARTBEAT_S:
                    connection.execute("select 1")
                    asked_s = monotonic()

    def _take(self, pgconn: PGconn) -> None:
        pgconn.consume_input()
        while not self.over.is_set() and (notice := pgconn.notifies()) is not None:
            self.hear(notice.extra.decode("utf-8", "replace"))


def hear_channels(
    database: ConsoleDatabase, channels: tuple[str, ...], hear: Callable[[], None]
) -> notices.Notices | None:
    """Call `hear` whenever somebody notifies one of the channels; None where there is no way to hear.

    The connection is one of its own, and behind a pooler nothing is passed on.
    """
    if database.dialect != "postgresql" or not channels or database.address.pooled:
        return None

    def connect() -> psycopg.Connection[Any]:
        import psycopg

        from queuetui.backends.sql.postgresql_sessions import PostgresqlSessions

        return PostgresqlSessions(database.address, {}, database.connect_timeout_s).connect(psycopg.Connection)

    return PostgresqlNotices(connect, lambda _: hear(), *channels)
